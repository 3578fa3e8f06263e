import type { Secrets } from './secrets.ts'

/** A secret that is kept for a while, so that a rotation is seen within that time and the service is hardly asked. */
export class KeptSecret {
  readonly #secrets: Secrets
  readonly #name: string
  readonly #keepFor: number
  #kept: { readonly text: string; readonly readAt: number } | undefined

  /** @param keepFor milliseconds. */
  constructor(secrets: Secrets, name: string, keepFor: number) {
    this.#secrets = secrets
    this.#name = name
    this.#keepFor = keepFor
  }

  /** @returns its newest version, without white space around it. @throws an Error of one sentence where there is none to be had. */
  async read(): Promise<string> {
    if (this.#kept === undefined || performance.now() - this.#kept.readAt >= this.#keepFor) {
      this.#kept = { text: await this.#ask(), readAt: performance.now() }
    }
    return this.#kept.text
  }

  /** After it was refused. @returns whether there is another one by now. */
  async renew(): Promise<boolean> {
    const was = this.#kept?.text
    this.#kept = undefined
    return (await this.read()) !== was
  }

  async #ask(): Promise<string> {
    const text = await this.#secrets.read(this.#name).catch((error: { code?: unknown; name?: unknown }) => {
      throw new Error(`The secret ${this.#name} cannot be read (${String(error.code ?? error.name)}).`)
    })
    const trimmed = text?.trim() ?? ''
    if (trimmed === '') throw new Error(`There is no secret ${this.#name}, or it is switched off.`)
    return trimmed
  }
}
