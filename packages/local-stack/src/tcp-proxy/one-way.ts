import type { Socket } from 'node:net'

/** Carries data from one socket to another, in order, with a delay or not at all for now. */
export class OneWay {
  readonly #to: Socket
  readonly #held: (() => void)[] = []
  /** The delay in milliseconds for what comes now; undefined holds it until `flush`. */
  readonly #delayMs: () => number | undefined

  constructor(from: Socket, to: Socket, delayMs: () => number | undefined) {
    this.#to = to
    this.#delayMs = delayMs
    from.on('data', (data: Buffer) => this.#later(() => this.#write(data, from)))
    from.on('end', () => this.#later(() => this.#to.end()))
  }

  /** Delivers everything that is held back. */
  flush(): void {
    for (const deliver of this.#held.splice(0)) deliver()
  }

  #later(deliver: () => void): void {
    const delayMs = this.#delayMs()
    if (delayMs === 0 && this.#held.length === 0) {
      deliver()
      return
    }
    this.#held.push(deliver)
    // Each timer delivers what has waited longest, so a delay that is shortened meanwhile reorders nothing.
    if (delayMs !== undefined) setTimeout(() => this.#held.shift()?.(), delayMs)
  }

  #write(data: Buffer, from: Socket): void {
    if (this.#to.write(data)) return
    from.pause()
    this.#to.once('drain', () => from.resume())
  }
}
