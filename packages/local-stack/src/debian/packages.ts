/** A server program and where it comes from on Debian. */
export interface DebianProgramEntry {
  /** The packages that hold it and its libraries, beyond what every Debian with git and CA certificates has. */
  packages: readonly string[]
  /** Its path inside the unpacked packages. */
  path: string
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
} as const satisfies Record<string, DebianProgramEntry>

/** The name of such a program. */
export type DebianProgramName = keyof typeof debianPrograms
