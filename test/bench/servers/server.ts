import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How to start a server that answers at a path when it can. */
export interface ServerPlan {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** All that it finds in its environment. */
  readonly env: Readonly<Record<string, string>>
  readonly port: number
  /** Answers 200 as soon as it runs. */
  readonly live: string
}

const patience = 30_000
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A server that the bench started, and that ends with it at the latest. */
export class Server {
  readonly plan: ServerPlan
  readonly #child: ChildProcess
  readonly #log: string

  private constructor(plan: ServerPlan, child: ChildProcess, log: string) {
    this.plan = plan
    this.#child = child
    this.#log = log
  }

  /** Starts it without waiting. @param logs the directory of its log file. */
  static spawn(plan: ServerPlan, logs: string): Server {
    const file = join(logs, `bench-${plan.name}.log`)
    const log = openSync(file, 'a')
    const child = spawn(plan.command, plan.args, { env: plan.env, stdio: ['ignore', log, log] })
    closeSync(log)
    running.add(child)
    child.once('exit', () => running.delete(child))
    return new Server(plan, child, file)
  }

  /** Starts it and waits until it is live. */
  static async start(plan: ServerPlan, logs: string): Promise<Server> {
    const server = Server.spawn(plan, logs)
    await server.answers(plan.live)
    return server
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get origin(): string {
    return `http://127.0.0.1:${this.plan.port}`
  }

  /** Resolves with the first 200 at a path. Rejects when the server ends before, or takes too long. */
  async answers(path: string): Promise<void> {
    const deadline = performance.now() + patience
    while (!(await isFine(this.plan.port, path))) {
      if (this.#child.exitCode !== null)
        throw new Error(`${this.plan.name} ended before it answered. ${this.#said}`)
      if (performance.now() > deadline)
        throw new Error(`${this.plan.name} does not answer at ${path}. ${this.#said}`)
      await sleep(2)
    }
  }

  /** Its log goes with the bench, so whoever is told of a failure is told what it said. */
  get #said(): string {
    const lines = readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-5)
    return lines.join('') === '' ? 'It said nothing.' : `Its last lines:\n  ${lines.join('\n  ')}`
  }

  async stop(): Promise<void> {
    if (!running.has(this.#child)) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const overdue = setTimeout(() => this.#child.kill('SIGKILL'), 3_000)
    await ended
    clearTimeout(overdue)
  }
}

function isFine(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
  })
}
