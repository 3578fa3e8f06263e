import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianProgram } from '@iam/local-stack/debian'
import { freePort } from '@iam/local-stack/ports'
import { vi } from 'vitest'

/** nginx before an origin, as a CDN is: it keeps what its answers' own headers let a shared cache keep. */
export class NginxCache {
  readonly url: string
  readonly #directory: string
  readonly #child: ChildProcess

  private constructor(url: string, directory: string, child: ChildProcess) {
    this.url = url
    this.#directory = directory
    this.#child = child
  }

  static async start(origin: string): Promise<NginxCache> {
    const { path, env } = await debianProgram('nginx')
    const directory = mkdtempSync(join(tmpdir(), 'iam-nginx-'))
    const port = await freePort()
    writeFileSync(join(directory, 'nginx.conf'), configuration({ directory, port, origin }))
    const args = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr']
    const child = spawn(path, args, { env: { ...env }, stdio: 'ignore' })
    const cache = new NginxCache(`http://127.0.0.1:${port}`, directory, child)
    await vi.waitUntil(() => cache.#answers(), { timeout: 60_000 })
    return cache
  }

  /** How every request was answered: `MISS` and `EXPIRED` from the origin, `HIT` and `STALE` without it. */
  answered(): string[] {
    return readFileSync(join(this.#directory, 'access.log'), 'utf8').split('\n').filter(Boolean)
  }

  /**
   * Makes everything that is kept older, as if that time had passed: nginx goes by the machine's clock alone. A kept
   * file begins with `ngx_http_file_cache_header_t`, whose second word is the time until which it is fresh; what may be
   * stale is counted from there.
   */
  age(seconds: number): void {
    for (const file of this.#kept()) {
      const kept = readFileSync(file)
      kept.writeBigInt64LE(kept.readBigInt64LE(8) - BigInt(seconds), 8)
      writeFileSync(file, kept)
    }
  }

  /** Lets go of what is kept of a path, all under it where it ends in `/*`: as nginx of Debian has no command for. */
  forget(path: string): void {
    const isMeant = (at: string) => (path.endsWith('/*') ? at.startsWith(path.slice(0, -1)) : at === path)
    for (const file of this.#kept()) {
      const [, at = ''] = /\nKEY: https?:\/\/[^/]*(\/.*)\n/.exec(readFileSync(file, 'latin1')) ?? []
      if (isMeant(at)) rmSync(file)
    }
  }

  #kept(): string[] {
    const directory = join(this.#directory, 'cache')
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    return fetch(`${this.url}/health`).then(
      ({ status }) => status === 200,
      () => false,
    )
  }
}

function configuration({
  directory,
  port,
  origin,
}: {
  directory: string
  port: number
  origin: string
}): string {
  return `
    daemon off;
    master_process off;
    pid ${directory}/nginx.pid;
    error_log stderr crit;
    events { worker_connections 512; }
    http {
      log_format cached '$upstream_cache_status';
      keepalive_timeout 0;
      access_log off;
      client_body_temp_path ${directory}/body;
      proxy_temp_path ${directory}/proxy;
      fastcgi_temp_path ${directory}/fastcgi;
      uwsgi_temp_path ${directory}/uwsgi;
      scgi_temp_path ${directory}/scgi;
      proxy_cache_path ${directory}/cache keys_zone=keys:1m;
      server {
        listen 127.0.0.1:${port};
        location = /health { return 200 'ok'; }
        location /.well-known/status-lists/ {
          access_log ${directory}/access.log cached;
          proxy_pass ${origin};
          proxy_cache keys;
          proxy_cache_lock on; # and nothing stale: that would be believed for longer than is promised
        }
        location /.well-known/ {
          access_log ${directory}/access.log cached;
          proxy_pass ${origin};
          proxy_cache keys;
          proxy_cache_lock on;
          proxy_cache_background_update on;
          # No proxy_cache_use_stale: with it nginx would go on for longer than the answers' headers allow.
        }
      }
    }
  `
}
