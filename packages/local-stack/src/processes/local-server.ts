import type { Program, SupervisedProgram } from './supervised-program.ts'

/** What a server on this machine is made of. */
export interface LocalServerParts {
  program: SupervisedProgram
  port: number
  /** Called once it was stopped for good. */
  leave: () => void
}

/** A program that listens on one port of 127.0.0.1. */
export class LocalServer implements Program {
  readonly port: number
  readonly #program: SupervisedProgram
  readonly #leave: () => void

  constructor({ program, port, leave }: LocalServerParts) {
    this.port = port
    this.#program = program
    this.#leave = leave
  }

  get name(): string {
    return this.#program.name
  }

  get pid(): number | undefined {
    return this.#program.pid
  }

  async start(): Promise<void> {
    await this.#program.start()
  }

  /** As every program's `stop`; throw-away data are then deleted. */
  async stop(): Promise<void> {
    await this.#program.stop()
    this.#leave()
  }

  async kill(): Promise<void> {
    await this.#program.kill()
  }

  async restart(): Promise<void> {
    await this.#program.stop()
    await this.start()
  }

  release(): void {
    this.#program.release()
  }
}
