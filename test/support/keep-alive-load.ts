import { Agent, request, type ClientRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

interface Failure {
  readonly code: string | undefined
  /** Whether a request had been answered on its connection before. */
  readonly reused: boolean
}

/** A busy client: so many connections, kept alive, each with a request under way at any time. */
export class KeepAliveLoad {
  readonly statuses = new Map<number, number>()
  readonly failures: Failure[] = []
  readonly #url: string
  readonly #agent: Agent
  readonly #loops: Promise<unknown>
  #stopped = false

  constructor(url: string, { connections }: { connections: number }) {
    this.#url = url
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
    this.#loops = Promise.all(Array.from({ length: connections }, () => this.#loop()))
  }

  /** How many requests were answered. */
  get answered(): number {
    return [...this.statuses.values()].reduce((sum, count) => sum + count, 0)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#loops
    this.#agent.destroy()
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      const asked = request(this.#url, { agent: this.#agent })
      try {
        const status = await answerTo(asked)
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
      } catch (error) {
        this.failures.push({ code: (error as NodeJS.ErrnoException).code, reused: asked.reusedSocket })
        await sleep(10)
      }
    }
  }
}

/** The status of an answer that has arrived to its last byte. */
async function answerTo(asked: ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    asked.on('error', reject)
    asked.on('response', (response) => {
      response.on('error', reject)
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.resume()
    })
    asked.end()
  })
}
