import { readJson, writeJson } from '../machine/json-file.ts'
import { ownIdentity, type ProcessIdentity } from '../machine/process-identity.ts'
import { type Ending, endProcess, sendSignal } from './end-process.ts'

/** One started program, with what it takes to end it. */
export interface JournalEntry extends ProcessIdentity, Ending {
  name: string
}

/** What a journal file holds. */
export interface JournalContent {
  /** The process that looks after the programs; null once they were left to run by themselves. */
  owner: ProcessIdentity | null
  /** In the order in which they were started. */
  programs: JournalEntry[]
}

/**
 * The list of running programs on disk. Each is written down the moment it exists, so that whoever comes after
 * a SIGKILL of the supervisor, however early, finds what to end.
 */
export class ProcessJournal {
  readonly #file: string
  readonly #content: JournalContent
  #ending = false
  #closed = false

  /** Begins a journal that the calling process owns. */
  constructor(file: string) {
    this.#file = file
    this.#content = { owner: ownIdentity(), programs: [] }
    this.#write()
  }

  add(entry: JournalEntry): void {
    this.#content.programs.push(entry)
    this.#write()
  }

  remove({ pid }: ProcessIdentity): void {
    this.#content.programs = this.#content.programs.filter((entry) => entry.pid !== pid)
    this.#write()
  }

  /** Whether everything is being ended, so that nothing more may be started. */
  get ending(): boolean {
    return this.#ending
  }

  /** Ends everything, the last started first, and returns the names. Nothing can be started afterwards. */
  async endAll(): Promise<string[]> {
    this.#ending = true
    const names = await endPrograms(this.#content.programs)
    this.#content.programs = []
    this.#write()
    this.close()
    return names
  }

  /** Leaves the programs to run when the calling process ends. */
  disown(): void {
    this.#content.owner = null
    this.#write()
  }

  /** Kills all of them at once, without waiting. Nothing can be started afterwards. */
  killAll(): void {
    this.#ending = true
    for (const entry of this.#content.programs) sendSignal(entry, 'SIGKILL')
  }

  /** Writes nothing more: the file may go. */
  close(): void {
    this.#closed = true
  }

  #write(): void {
    if (!this.#closed) writeJson(this.#file, this.#content)
  }
}

/** Reads a journal; undefined when there is none. */
export function readJournal(file: string): JournalContent | undefined {
  const content = readJson(file)
  return isJournal(content) ? content : undefined
}

/** Ends the programs of a journal, the last started first, and returns the names of those that still ran. */
export async function endPrograms(programs: readonly JournalEntry[]): Promise<string[]> {
  const ended: string[] = []
  for (const entry of programs.toReversed()) {
    if (await endProcess(entry, entry)) ended.push(entry.name)
  }
  return ended
}

function isJournal(content: unknown): content is JournalContent {
  return (
    typeof content === 'object' &&
    content !== null &&
    'programs' in content &&
    Array.isArray(content.programs)
  )
}
