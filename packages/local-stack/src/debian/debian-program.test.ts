import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { debianProgram } from './index.ts'

describe('debianProgram', () => {
  let directory: string
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'debian-'))))
  afterEach(() => rmSync(directory, { recursive: true }))

  it('prefers a new enough program on the search path', async () => {
    const path = program('path/redis-server', 'Redis server v=7.2.4 sha=0')
    program('cache/debian/redis-server/root/usr/bin/redis-server', 'Redis server v=7.0.15 sha=0')

    expect(await find()).toEqual({ path, env: {} })
  })

  it('passes over a program on the search path that is too old', async () => {
    program('path/redis-server', 'Redis server v=6.0.16 sha=0')
    const path = program('cache/debian/redis-server/root/usr/bin/redis-server', 'Redis server v=7.0.15 sha=0')

    expect((await find()).path).toBe(path)
  })

  it('gives a fetched program the libraries that were fetched with it', async () => {
    program('cache/debian/redis-server/root/usr/bin/redis-server', 'Redis server v=7.0.15 sha=0')

    expect((await find()).env['LD_LIBRARY_PATH']).toContain(
      join(directory, 'cache/debian/redis-server/root/usr/lib'),
    )
  })

  it('says in one sentence what to do when the program cannot be fetched', async () => {
    await expect(find()).rejects.toThrow(
      /^redis-server 7\.0 or newer is not installed and could not be fetched from Debian \(.*apt-get.*\): check the network, or install it\.$/,
    )
  })

  it('fetches again when the fetched program no longer runs', async () => {
    program('cache/debian/redis-server/root/usr/bin/redis-server', 'error while loading shared libraries')
    script('path/apt-get', 'case "$1" in download) touch redis-server.deb;; esac')
    script(
      'path/dpkg-deb',
      `mkdir -p "$3/usr/bin"; printf '#!/bin/sh\\necho v=7.0' > "$3/usr/bin/redis-server"; chmod +x "$3/usr/bin/redis-server"`,
    )

    expect((await find()).path).toBe(join(directory, 'cache/debian/redis-server/root/usr/bin/redis-server'))
  })

  function find() {
    return debianProgram('redis-server', {
      searchPath: [join(directory, 'path')],
      cache: join(directory, 'cache'),
    })
  }

  function program(name: string, version: string): string {
    return script(name, `echo '${version}'`)
  }

  function script(name: string, body: string): string {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${body}\n`)
    chmodSync(path, 0o755)
    return path
  }
})
