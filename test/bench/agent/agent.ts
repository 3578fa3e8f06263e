import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Outcome } from '../load/closed-loop.ts'
import type { Reply, Request, Work } from './protocol.ts'

const program = fileURLToPath(new URL('main.ts', import.meta.url))

type Ask = Request extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never
type Settle = { resolve: (outcome: Outcome | undefined) => void; reject: (error: Error) => void }

/** The bench's side of a process that does one contender's work. */
export class Agent {
  readonly #child: ChildProcess
  readonly #open = new Map<number, Settle>()
  #asked = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (reply) => this.#settle(reply as Reply))
    child.on('exit', () => this.#fail())
  }

  /** Starts the process and opens the work. @param env what it finds in its environment besides ours. */
  static async start(work: Work, env: Readonly<Record<string, string>>): Promise<Agent> {
    const agent = new Agent(fork(program, { env: { ...process.env, ...env } }))
    try {
      await agent.#ask({ ask: 'open', work })
      return agent
    } catch (error) {
      agent.#child.kill('SIGKILL')
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async prepare(): Promise<void> {
    await this.#ask({ ask: 'prepare' })
  }

  async run(ms: number): Promise<Outcome> {
    const outcome = await this.#ask({ ask: 'run', ms })
    if (outcome === undefined) throw new Error('The agent ran and says nothing of it.')
    return outcome
  }

  /** Closes the work and ends the process. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    await this.#ask({ ask: 'close' }).catch(() => undefined)
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    const overdue = setTimeout(() => this.#child.kill('SIGKILL'), 2_000)
    await ended
    clearTimeout(overdue)
  }

  #ask(ask: Ask): Promise<Outcome | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome | undefined>()
    this.#asked += 1
    this.#open.set(this.#asked, { resolve, reject })
    this.#child.send({ ...ask, id: this.#asked })
    return promise
  }

  #settle(reply: Reply): void {
    const waiting = this.#open.get(reply.id)
    this.#open.delete(reply.id)
    if ('error' in reply) waiting?.reject(new Error(reply.error))
    else waiting?.resolve(reply.outcome)
  }

  #fail(): void {
    for (const { reject } of this.#open.values()) reject(new Error('The agent ended by itself.'))
    this.#open.clear()
  }
}
