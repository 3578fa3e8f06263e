import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './client.ts'

const pause = 20

/** Asks again and again, one question after the other, while something is broken. */
export class Traffic {
  readonly answers: Answer[] = []
  readonly #done: Promise<void>
  #failure: { readonly reason: unknown } | undefined
  #stopped = false

  /** @param ask the question; one that gets no answer at all is a failure, which whoever looks here is thrown. */
  constructor(ask: () => Promise<Answer>) {
    this.#done = this.#run(ask)
  }

  /** How many answers there have been, or of a status. */
  count(status?: number): number {
    if (this.#failure !== undefined) throw this.#failure.reason
    return this.answers.filter((answer) => status === undefined || answer.status === status).length
  }

  /** Ends after the question under way. @returns the different statuses of all answers, in order. */
  async stop(): Promise<number[]> {
    this.#stopped = true
    await this.#done
    if (this.#failure !== undefined) throw this.#failure.reason
    return [...new Set(this.answers.map((answer) => answer.status))].toSorted((a, b) => a - b)
  }

  async #run(ask: () => Promise<Answer>): Promise<void> {
    try {
      while (!this.#stopped) {
        this.answers.push(await ask())
        await sleep(pause)
      }
    } catch (reason) {
      this.#failure = { reason }
    }
  }
}
