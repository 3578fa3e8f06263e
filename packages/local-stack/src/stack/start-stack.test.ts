import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { identify } from '../machine/process-identity.ts'
import { ProcessJournal, readJournal } from '../processes/journal.ts'
import type { Surroundings } from '../processes/supervised-program.ts'
import { type Throwaway, makeThrowaway } from '../processes/throwaway.ts'
import { type ProgramPaths, type Stack, startStack } from './index.ts'

const app = standIn('app')
const programs: Partial<ProgramPaths> = {
  cli: standIn('cli'),
  worker: app,
  jwks: app,
  api: app,
}

describe('a throw-away stack', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({
      programs,
      adjust: (program, environment) =>
        program === 'iam-api' ? { ...environment, IAM_EXTRA: 'for the api alone' } : environment,
    })
  })
  afterAll(() => stack.stop())

  it('says where everything is, with the tenant, user and operator that were made', () => {
    const { issuer, edge, tenant, user, operator, kms } = stack.state

    expect(edge.url).toBe(issuer)
    expect(issuer).toBe(`http://localhost:${stack.ports.edge}`)
    expect(kms.endpoint).toBe(`127.0.0.1:${stack.ports.google}`)
    expect(tenant).toEqual({ id: 'ten_1', slug: 'demo' })
    expect(user.email).toBe('ada@demo.example')
    expect(user.password).toMatch(/^[\w-]{16}$/)
    expect(operator).toEqual({ email: 'operator@iam.example', password: 'printed once' })
  })

  it('runs every program', () => {
    const { pids } = stack.state

    const programNames = [
      'edge',
      'google',
      'iam-api',
      'iam-jwks',
      'iam-worker',
      'mail',
      'postgres',
      'redis',
      'storage',
    ]
    expect(Object.keys(pids).toSorted()).toEqual(programNames)
    expect(Object.values(pids).filter((pid) => identify(pid) === undefined)).toEqual([])
  })

  it('has a database of iam_owner that takes the passwords it tells', async () => {
    const client = new Client({ connectionString: stack.state.database.url })
    await client.connect()
    const { rows } = await client.query('select current_user, current_database()')
    await client.end()

    expect(rows).toEqual([{ current_user: 'iam_owner', current_database: 'iam' }])
  })

  it('puts the edge in front of the processes', async () => {
    const { issuer } = stack.state

    expect((await environmentAt(`${issuer}/.well-known/jwks.json`))['PORT']).toBe(String(stack.ports.jwks))
    expect((await environmentAt(`${issuer}/api/v1/me`))['PORT']).toBe(String(stack.ports.api))
  })

  it('gives iam-jwks nothing but the address of the key set and the anchors', async () => {
    const environment = await environmentAt(stack.state.jwks.url)

    expect(environment['IAM_KEY_SET_URL']).toMatch(`http://127.0.0.1:${stack.ports.storage}/`)
    expect(environment['IAM_JWKS_ANCHORS']).toBe('jwks-anchor')
    const others = Object.keys(environment).filter((name) =>
      /DATABASE|REDIS|KMS|PUBSUB|OBJECT_STORE/.test(name),
    )
    expect(others).toEqual([])
  })

  it('gives each process its own database login', async () => {
    const api = await environmentAt(stack.state.api.url)
    const worker = await environmentAt(stack.state.worker.url)

    expect(api['DATABASE_URL']).toMatch(/^postgres:\/\/iam_api:/)
    expect(worker['DATABASE_URL']).toMatch(/^postgres:\/\/iam_worker:/)
  })

  it('lets a test adjust the environment of one process', async () => {
    expect((await environmentAt(stack.state.api.url))['IAM_EXTRA']).toBe('for the api alone')
    expect((await environmentAt(stack.state.worker.url))['IAM_EXTRA']).toBeUndefined()
  })

  it.each(['postgres', 'redis', 'google', 'storage', 'mail'] as const)(
    'has %s ready again after a kill',
    async (name) => {
      const program = stack.program(name)
      const before = program.pid

      await program.kill()
      await program.start()

      expect(program.pid).not.toBe(before)
    },
  )

  it('lets a test kill a process and start it again', async () => {
    const api = stack.program('iam-api')
    const before = api.pid

    await api.kill()
    expect((await fetch(`${stack.state.issuer}/`)).status).toBe(502)
    await api.start()

    expect((await fetch(`${stack.state.issuer}/`)).status).toBe(200)
    expect(stack.state.pids['iam-api']).not.toBe(before)
  })
})

describe('a stack with a place of its own', () => {
  let home: Throwaway
  beforeEach(async () => void (home = await makeThrowaway()))
  afterEach(() => home.end())

  it('comes back with the same people and data, and stops without a trace', async () => {
    const first = await startStack({ surroundings: home, programs })
    const { user, operator, database } = first.state
    const pids = Object.values(first.state.pids)
    await first.stop()

    expect(pids.filter((pid) => identify(pid) !== undefined)).toEqual([])

    const second = await startStack({ surroundings: nextPlace(), programs })

    expect(second.state.user).toEqual(user)
    expect(second.state.operator).toEqual(operator)
    expect(new URL(second.state.database.url).password).toBe(new URL(database.url).password)
    await second.stop()
  })

  it('stops everything when one part fails, and says which and why', async () => {
    const broken = join(home.directory, 'broken.ts')
    writeFileSync(broken, `console.error('IAM_SIGNING_KEY is missing'); process.exit(1)`)

    const failure = startStack({ surroundings: home, programs: { ...programs, api: broken } })

    await expect(failure).rejects.toThrow(
      /^iam-api ended before it was ready.*\n {2}IAM_SIGNING_KEY is missing\n/s,
    )
    expect(readJournal(join(home.directory, 'programs.json'))?.programs).toEqual([])
  })

  it('says which operator command failed and why', async () => {
    const broken = join(home.directory, 'broken.ts')
    writeFileSync(broken, `console.error('column "x" does not exist'); process.exit(1)`)

    await expect(startStack({ surroundings: home, programs: { ...programs, cli: broken } })).rejects.toThrow(
      'iam migrate failed. Its last lines:\n  column "x" does not exist',
    )
  })

  it('says how to go on where the data were made with other migrations', async () => {
    const broken = join(home.directory, 'broken.ts')
    writeFileSync(broken, `console.error('corrupted migrations: expected 1, found 2'); process.exit(1)`)

    await expect(startStack({ surroundings: home, programs: { ...programs, cli: broken } })).rejects.toThrow(
      /run npm start -- --reset to begin with empty data.*corrupted migrations/s,
    )
  })

  /** The same data with a journal that nothing has ended yet, as the next `npm start` has. */
  function nextPlace(): Surroundings {
    const journal = new ProcessJournal(join(home.directory, 'programs.json'))
    return { directory: home.directory, logs: home.logs, journal }
  }
})

async function environmentAt(url: string): Promise<Record<string, string | undefined>> {
  const answer = (await (await fetch(url)).json()) as { environment: Record<string, string> }
  return answer.environment
}

function standIn(name: string): string {
  return fileURLToPath(new URL(`stand-ins/${name}/main.ts`, import.meta.url))
}
