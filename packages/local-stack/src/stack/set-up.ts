import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, writeJson } from '../machine/json-file.ts'
import type { LoginName } from '../postgres/index.ts'

/** A person who can sign in to the stack. */
export interface Account {
  email: string
  password: string
}

/** What a stack was set up with, once, and cannot learn again: it is kept beside the data. */
export interface SetUp {
  /** Also stands in the directory of each program whose data only make sense together. */
  id: string
  /** When it was begun, in ISO 8601. */
  begun: string
  /** False until everything was set up; what a run left behind that was interrupted before is worthless. */
  finished: boolean
  databasePasswords: Record<LoginName, string>
  /** Printed once, by the very first bootstrap. */
  operator: Account | undefined
  tenant: { id: string; slug: string } | undefined
  user: Account | undefined
}

/** The database holds keys that only this emulator can unwrap, and names objects that only this store has. */
const belongTogether = ['postgres', 'google', 'storage']
const everything = [...belongTogether, 'postgres.new', 'redis', 'set-up.json']
const stamp = 'iam-set-up'

/** The set-up that a data directory begins or goes on with, and why it begins afresh where that is news. */
export interface OpenedSetUp {
  setUp: SetUp
  remark: string | undefined
}

/**
 * Opens the set-up of a data directory, or begins one where there is none and where the first run did not finish.
 * Refuses a directory whose parts come from different set-ups.
 */
export function openSetUp(directory: string): OpenedSetUp {
  const found = readSetUp(directory)
  if (found?.finished) {
    requireOneOrigin(directory, found)
    return { setUp: found, remark: undefined }
  }
  clearSetUp(directory)
  const setUp = newSetUp()
  saveSetUp(directory, setUp)
  const remark = 'The first run did not finish: starting again from empty data.'
  return { setUp, remark: found === undefined ? undefined : remark }
}

/** Removes everything that a stack ever put into a data directory, and nothing else. */
export function clearSetUp(directory: string): void {
  for (const name of everything) rmSync(join(directory, name), { recursive: true, force: true })
}

/** Keeps the set-up; call it as soon as something is known that cannot be learnt again. */
export function saveSetUp(directory: string, setUp: SetUp): void {
  writeJson(join(directory, 'set-up.json'), setUp)
}

/** Declares the set-up complete: from now on the data are kept, and their parts checked to be of one origin. */
export function finishSetUp(directory: string, setUp: SetUp): void {
  for (const name of belongTogether) {
    mkdirSync(join(directory, name), { recursive: true })
    writeFileSync(join(directory, name, stamp), setUp.id)
  }
  setUp.finished = true
  saveSetUp(directory, setUp)
}

function requireOneOrigin(directory: string, { id }: SetUp): void {
  for (const name of belongTogether) {
    const file = join(directory, name, stamp)
    if (existsSync(file) && readFileSync(file, 'utf8') === id) continue
    throw new Error(
      `The data in ${directory} do not belong together (${name} is missing or from another set-up): ` +
        'run npm start -- --reset to begin with empty data.',
    )
  }
}

function newSetUp(): SetUp {
  const password = () => randomBytes(18).toString('base64url')
  return {
    id: randomBytes(8).toString('hex'),
    begun: new Date().toISOString(),
    finished: false,
    databasePasswords: {
      iam_owner: password(),
      iam_api: password(),
      iam_worker: password(),
      postgres: password(),
    },
    operator: undefined,
    tenant: undefined,
    user: undefined,
  }
}

/** The set-up of a data directory; undefined when it has none. */
export function readSetUp(directory: string): SetUp | undefined {
  const content = readJson(join(directory, 'set-up.json'))
  return typeof content === 'object' && content !== null ? (content as SetUp) : undefined
}
