import { type Program, type ProgramPlan, SupervisedProgram, type Surroundings } from './supervised-program.ts'

/** The programs of one stack, in the order in which they were started. */
export class ProgramGroup {
  readonly #programs: Program[] = []
  readonly #surroundings: Surroundings

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /**
   * Starts programs that do not need each other, at once, and waits for all. When one fails, the others stay as
   * they are for the caller to stop, and the first failure is thrown.
   */
  async start(...plans: readonly ProgramPlan[]): Promise<void> {
    const programs = plans.map((plan) => new SupervisedProgram(plan, this.#surroundings))
    this.#programs.push(...programs)
    await allSettled(programs.map((program) => program.start()))
  }

  /** Takes in a program that runs already. */
  add(program: Program): void {
    this.#programs.push(program)
  }

  /** A program by its name. Refuses a name that was never started. */
  get(name: string): Program {
    const program = this.#programs.find((candidate) => candidate.name === name)
    if (program === undefined) throw new Error(`There is no ${name} in this stack.`)
    return program
  }

  /** The process numbers of those that run, by name. */
  pids(): Record<string, number> {
    const pids: Record<string, number> = {}
    for (const { name, pid } of this.#programs) if (pid !== undefined) pids[name] = pid
    return pids
  }

  /** Lets our own process end while they go on. */
  release(): void {
    for (const program of this.#programs) program.release()
  }
}

/** Waits for all of them, so that nothing is still starting when the first failure is thrown. */
export async function allSettled(started: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(started)
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
