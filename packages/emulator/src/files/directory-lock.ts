import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Directories this very process holds: after a kill, the next process may well be given the same id. */
const heldHere = new Set<string>()

/** Keeps a second emulator out of a state directory, where the two would overwrite each other's journal. */
export class DirectoryLock {
  readonly #directory: string
  readonly #path: string

  /** Takes the directory, also over from a process that died. Refuses while the process that has it lives. */
  constructor(directory: string) {
    this.#directory = realpathSync(directory)
    this.#path = join(this.#directory, 'lock')
    if (!this.#create()) {
      this.#refuseLivingOwner()
      rmSync(this.#path, { force: true })
      if (!this.#create()) throw new Error(`Another emulator has just taken ${this.#directory}`)
    }
    heldHere.add(this.#directory)
  }

  release(): void {
    heldHere.delete(this.#directory)
    rmSync(this.#path, { force: true })
  }

  #create(): boolean {
    try {
      writeFileSync(this.#path, String(process.pid), { flag: 'wx' })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  #refuseLivingOwner(): void {
    const owner = Number(readFileSync(this.#path, 'utf8'))
    const alive = owner === process.pid ? heldHere.has(this.#directory) : isAlive(owner)
    if (alive)
      throw new Error(`The directory ${this.#directory} is in use by the emulator with process id ${owner}`)
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false // killed before it could write its id
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
