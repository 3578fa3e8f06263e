import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { identifyChild, type ProcessIdentity } from '../machine/process-identity.ts'
import type { ServerUser } from '../machine/server-user.ts'
import { type Ending, endProcess, sendSignal } from './end-process.ts'
import type { ProcessJournal } from './journal.ts'
import { poll } from './poll.ts'
import { isReady, type Readiness, readFrom } from './readiness.ts'

/** A program to run: what, how, and when it counts as ready. */
export interface ProgramPlan {
  name: string
  command: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
  cwd: string
  ready: Readiness
  /** Run as this user instead of ourselves. */
  user?: ServerUser | undefined
  /** How long it may take to become ready; 180 s by default, for machines that do ten things at once. */
  readyWithinMs?: number
  /** How it is ended; SIGTERM and 12 s by default, because ours drain for up to 10 s. */
  ending?: Ending
}

/** Where programs keep their data and leave their traces, and who is told when one ends unasked. */
export interface Surroundings {
  /** The directory in which each program may have its own for data. */
  directory: string
  /** The directory of the log files. */
  logs: string
  journal: ProcessJournal
  onUnexpectedEnd?: (failure: ProgramFailure) => void
}

/** A program did not become ready or ended unasked. The message carries the last lines of its log. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure'
}

interface Running {
  child: ChildProcess
  identity: ProcessIdentity
  /** Where in the log file this run begins. */
  offset: number
  /** Settles when the process is gone and out of the journal. */
  ended: Promise<void>
  /** How it ended, once it has. */
  fate: string | undefined
}

/** What can be started, broken and stopped by name: a program as such, or a server around one. */
export interface Program {
  readonly name: string
  /** The number of its process; undefined when it does not run. */
  readonly pid: number | undefined
  /** Starts it and waits until it is ready. Refuses with its last words when it dies first or takes too long. */
  start(): Promise<void>
  /** Asks it to end, kills it when it does not, and waits until it is gone. */
  stop(): Promise<void>
  /** Ends it as a crash would, with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
  /** Stops it if it runs, and starts it again as it was. */
  restart(): Promise<void>
  /** Lets our own process end while this one goes on. */
  release(): void
}

const defaultEnding: Ending = { signal: 'SIGTERM', withinMs: 12_000 }
const linesShown = 25

/** One program with a life: started, perhaps killed and started again, stopped. */
export class SupervisedProgram implements Program {
  readonly name: string
  /** The file that everything it prints goes to, over all its runs. */
  readonly logFile: string
  readonly #plan: ProgramPlan
  readonly #surroundings: Surroundings
  #running: Running | undefined

  constructor(plan: ProgramPlan, surroundings: Surroundings) {
    this.name = plan.name
    this.logFile = join(surroundings.logs, `${plan.name}.log`)
    this.#plan = plan
    this.#surroundings = surroundings
  }

  get pid(): number | undefined {
    return this.#running?.identity.pid
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) throw new Error(`${this.name} runs already.`)
    if (this.#surroundings.journal.ending)
      throw new Error(`${this.name} is not started, because everything ends.`)
    const running = await this.#spawn()
    this.#running = running
    const { identity, offset } = running
    this.#surroundings.journal.add({ name: this.name, ...identity, ...this.#ending })

    const withinMs = this.#plan.readyWithinMs ?? 180_000
    const ready = await poll(() => this.#isReady(running), { withinMs, everyMs: 20 })
    if (ready) {
      void running.ended.then(() => this.#report(running))
      return
    }
    await this.kill()
    const what =
      ready === false
        ? `ended before it was ready (${running.fate})`
        : `was not ready within ${withinMs / 1000} s`
    throw this.#failure(what, offset)
  }

  async stop(): Promise<void> {
    const running = this.#forget()
    if (running === undefined) return
    await endProcess(running.identity, this.#ending)
    await running.ended
  }

  async kill(): Promise<void> {
    const running = this.#forget()
    if (running === undefined) return
    sendSignal(running.identity, 'SIGKILL')
    await running.ended
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  release(): void {
    this.#running?.child.unref()
  }

  get #ending(): Ending {
    return this.#plan.ending ?? defaultEnding
  }

  async #spawn(): Promise<Running> {
    const { command, args, env, cwd, user } = this.#plan
    mkdirSync(dirname(this.logFile), { recursive: true })
    const log = openSync(this.logFile, 'a', 0o600)
    const offset = fstatSync(log).size
    // Its own session, so that Ctrl-C in the terminal reaches the supervisor alone, which then stops the
    // programs in order; its output goes straight to a file, so it outlives a supervisor that detaches.
    const child = spawn(command, args, { cwd, env, ...user, detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    const fate = howItEnds(child)
    const identity = child.pid === undefined ? undefined : identifyChild(child.pid)
    if (identity === undefined) throw this.#failure(`could not be started (${await fate})`, offset)
    const running: Running = { child, identity, offset, fate: undefined, ended: Promise.resolve() }
    running.ended = fate.then((how) => {
      running.fate = how
      this.#surroundings.journal.remove(identity)
    })
    return running
  }

  /** True once it is ready, false once it has ended, undefined while neither is known. */
  async #isReady(running: Running): Promise<boolean | undefined> {
    if (running.fate !== undefined) return false
    const ready = await isReady(this.#plan.ready, { file: this.logFile, offset: running.offset })
    return ready ? true : undefined
  }

  #forget(): Running | undefined {
    const running = this.#running
    this.#running = undefined
    return running
  }

  #report(running: Running): void {
    if (this.#running !== running) return
    this.#running = undefined
    if (this.#surroundings.journal.ending) return
    this.#surroundings.onUnexpectedEnd?.(this.#failure(`ended by itself (${running.fate})`, running.offset))
  }

  #failure(what: string, offset: number): ProgramFailure {
    const lines = readFrom(this.logFile, offset).trimEnd().split('\n').slice(-linesShown)
    const lastWords =
      lines.join('') === '' ? 'It printed nothing.' : `Its last lines:\n  ${lines.join('\n  ')}`
    return new ProgramFailure(`${this.name} ${what}. ${lastWords}\nThe whole log: ${this.logFile}`)
  }
}

function howItEnds(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal))
  })
}
