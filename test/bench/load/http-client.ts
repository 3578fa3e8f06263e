import { Pool, type Dispatcher } from 'undici'
import type { Answer, Send } from '../profiles/profile.ts'

/** Connections to one server, each with one request at a time. Closed by `close`. */
export class HttpClient {
  readonly #pool: Pool

  /** Only to this machine: load must never reach anybody else. */
  constructor(origin: string, connections: number) {
    if (!['127.0.0.1', 'localhost'].includes(new URL(origin).hostname))
      throw new Error('Load stays on loopback.')
    this.#pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 60_000 })
  }

  /** Sends one request and waits for all of its answer. */
  readonly send: Send = (method, path, headers, body) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    // The lowest of undici's ways to ask: the others make streams, which cost more than a quick server's answer.
    this.#pool.dispatch(
      { method, path, headers: headers ?? null, body: body ?? null },
      new Collect(resolve, reject),
    )
    return promise
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }
}

class Collect implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: Error) => void
  readonly #chunks: Buffer[] = []
  #status = 0
  #headers: Answer['headers'] = {}

  constructor(resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(): void {}

  onResponseStart(_controller: unknown, status: number, headers: Answer['headers']): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const text = (this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks))?.toString() ?? ''
    this.#resolve({
      status: this.#status,
      headers: this.#headers,
      text,
      json: () => JSON.parse(text) as unknown,
    })
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#reject(error)
  }
}
