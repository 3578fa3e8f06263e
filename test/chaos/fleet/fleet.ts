import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Deployment } from '@iam/domain/secret-key'

/** What a worker of the fleet is told. */
export interface MemberSetup {
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly pubsubEndpoint: string
  readonly eventNamespace: string
  readonly deployment: Deployment
  readonly relayLeaseSeconds: number
  readonly logLevel: 'fatal' | 'info'
}

const program = fileURLToPath(new URL('main.ts', import.meta.url))

/** Loading is most of a worker's work here: what is compiled is kept. */
const compiled = fileURLToPath(new URL('../../../.cache/compiled', import.meta.url))
const options = {
  execArgv: [],
  env: { NODE_COMPILE_CACHE: compiled, METADATA_SERVER_DETECTION: 'none' },
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'] as const,
}
const spares = 2

/** Workers that are killed and replaced, with some always loaded and waiting to take the place of the next. */
export class Fleet {
  readonly #setup: MemberSetup
  readonly #members: ChildProcess[] = []
  readonly #spares: Promise<ChildProcess>[] = []

  constructor(setup: MemberSetup) {
    this.#setup = setup
    while (this.#spares.length < spares) this.#load()
  }

  /** Starts workers until there are so many. */
  async grow(size: number): Promise<void> {
    while (this.#members.length < size) await this.#add()
  }

  /** Ends one with SIGKILL, and starts another in its place. @param victim which one, by its place. */
  async replace(victim: number): Promise<void> {
    const [member] = this.#members.splice(victim, 1)
    if (member !== undefined) await kill(member)
    await this.#add()
  }

  /** Stops one where it is, and lets it go on later. @returns what lets it. */
  freeze(victim: number): () => void {
    const member = this.#members[victim]
    member?.kill('SIGSTOP')
    return () => void member?.kill('SIGCONT')
  }

  async end(): Promise<void> {
    await Promise.all([...this.#members.splice(0), ...(await Promise.all(this.#spares))].map(kill))
  }

  async #add(): Promise<void> {
    this.#load()
    const member = await this.#spares.shift()
    if (member === undefined) return
    member.send('start')
    this.#members.push(member)
  }

  #load(): void {
    const spare = load(this.#setup)
    spare.catch(() => undefined) // whoever asks for it hears of it
    this.#spares.push(spare)
  }
}

async function load(setup: MemberSetup): Promise<ChildProcess> {
  const member = fork(program, [JSON.stringify(setup)], { ...options, stdio: [...options.stdio] })
  const early = once(member, 'exit').then(([code]) => {
    throw new Error(`A worker ended by itself with ${String(code)}.`)
  })
  early.catch(() => undefined)
  await Promise.race([once(member, 'message'), early])
  return member
}

async function kill(member: ChildProcess): Promise<void> {
  if (member.exitCode !== null || member.signalCode !== null)
    throw new Error(`A worker ended by itself with ${member.exitCode ?? member.signalCode}.`)
  const gone = once(member, 'exit')
  member.kill('SIGKILL')
  await gone
}
