/** A server program and where it comes from on Debian. */
export interface DebianProgramEntry {
  /** The packages that hold it and its libraries, beyond what every Debian with git and CA certificates has. */
  packages: readonly string[]
  /** Its path inside the unpacked packages. */
  path: string
  /** Directories of libraries below the usual one. */
  libraries?: readonly string[]
  /** What makes it print its version. */
  versionArgument: string
  /** Finds major and minor version in what it prints. */
  versionPattern: RegExp
  /** The oldest version that is good enough. */
  atLeast: readonly [major: number, minor: number]
}

/** Every program that the stack or its tests take from Debian. */
export const debianPrograms = {
  'redis-server': {
    packages: [
      'redis-server',
      'redis-tools',
      'libatomic1',
      'libjemalloc2',
      'liblua5.1-0',
      'liblzf1',
      'libssl3',
      'lua-bitop',
      'lua-cjson',
    ],
    path: 'usr/bin/redis-server',
    versionArgument: '--version',
    versionPattern: /v=(\d+)\.(\d+)/,
    atLeast: [7, 0],
  },
  pgbouncer: {
    packages: ['pgbouncer', 'libc-ares2', 'libevent-2.1-7', 'libpam0g', 'libssl3'],
    path: 'usr/sbin/pgbouncer',
    versionArgument: '--version',
    versionPattern: /PgBouncer (\d+)\.(\d+)/,
    atLeast: [1, 18],
  },
  nginx: {
    packages: ['nginx', 'nginx-common', 'libcrypt1', 'libpcre2-8-0', 'libssl3'],
    path: 'usr/sbin/nginx',
    versionArgument: '-v',
    versionPattern: /nginx\/(\d+)\.(\d+)/,
    atLeast: [1, 22],
  },
  'chromium-headless-shell': {
    packages: [
      'chromium-headless-shell',
      'chromium-common',
      'fonts-dejavu-core',
      'libasound2',
      'libasyncns0',
      'libatk1.0-0',
      'libatspi2.0-0',
      'libblkid1',
      'libbsd0',
      'libdav1d6',
      'libdbus-1-3',
      'libdouble-conversion3',
      'libdrm2',
      'libflac12',
      'libfontconfig1',
      'libfreetype6',
      'libgbm1',
      'libglib2.0-0',
      'libgraphite2-3',
      'libharfbuzz-subset0',
      'libharfbuzz0b',
      'libjpeg62-turbo',
      'liblcms2-2',
      'libminizip1',
      'libmount1',
      'libmp3lame0',
      'libmpg123-0',
      'libnspr4',
      'libnss3',
      'libogg0',
      'libopenh264-7',
      'libopenjp2-7',
      'libopus0',
      'libpng16-16',
      'libpulse0',
      'libsndfile1',
      'libsqlite3-0',
      'libvorbis0a',
      'libvorbisenc2',
      'libwayland-server0',
      'libx11-6',
      'libx11-xcb1',
      'libxau6',
      'libxcb-randr0',
      'libxcb1',
      'libxcomposite1',
      'libxdamage1',
      'libxdmcp6',
      'libxext6',
      'libxfixes3',
      'libxi6',
      'libxkbcommon0',
      'libxnvctrl0',
      'libxrandr2',
      'libxrender1',
    ],
    path: 'usr/lib/chromium/chromium-headless-shell',
    libraries: ['pulseaudio'],
    versionArgument: '--version',
    versionPattern: /Chromium (\d+)\.(\d+)/,
    atLeast: [120, 0],
  },
} as const satisfies Record<string, DebianProgramEntry>

/** The name of such a program. */
export type DebianProgramName = keyof typeof debianPrograms
