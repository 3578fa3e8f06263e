/**
 * Passwords that many people use: some 49,000 of the most frequent in published breaches, as zxcvbn-ts keeps them.
 * Read when first asked, which takes about 30 ms and 5 MB.
 */
export class CommonPasswordList {
  #words: Promise<ReadonlySet<string>> | undefined

  /** True when any of the given, in lower case, is on the list. */
  async includesAny(spellings: readonly string[]): Promise<boolean> {
    this.#words ??= read()
    const words = await this.#words
    return spellings.some((spelling) => words.has(spelling))
  }
}

async function read(): Promise<ReadonlySet<string>> {
  const { commonPasswords } = await import('./words.ts')
  return new Set(commonPasswords.map((word) => word.toLowerCase()))
}
