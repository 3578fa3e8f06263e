import { readFile, stat } from 'node:fs/promises'
import { canonicalAddress, mostBytes, readTorExits } from './read-tor-exits.ts'

/**
 * The exits of the Tor network, from a file with an address a line, as the Tor Project publishes it; lines of its
 * other form (`ExitAddress <address> <time>`) and comments are read, too. Nothing is fetched: somebody else brings
 * the file and renews it.
 */
export class TorExitList {
  readonly #path: string
  #addresses: ReadonlySet<string> | undefined

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Reads the file. What was read before goes on to count where that fails.
   * @throws when there is no file, or it is no list.
   */
  async load(): Promise<void> {
    const { size } = await stat(this.#path)
    if (size > mostBytes) throw new Error(`${this.#path} is too large to be a list of Tor’s exits.`)
    const addresses = readTorExits(await readFile(this.#path, 'utf8'))
    if (addresses.size === 0) throw new Error(`${this.#path} names no exit of Tor.`)
    this.#addresses = addresses
  }

  /** Whether an address is an exit; null while no list has been read. */
  includes(address: string): boolean | null {
    return this.#addresses?.has(canonicalAddress(address) ?? '') ?? null
  }
}
