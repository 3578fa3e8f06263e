import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Database, inOneFlight, streamKey } from '@iam/domain/db'
import { newId } from '@iam/domain/kit'
import { appendEvent, buryEvent, listParkedStreams, type OutboxRow, replayStream } from '@iam/domain/outbox'
import { destroySecretKeys, loadSecretKeys } from '@iam/domain/secret-key'
import { refreshSession } from '@iam/domain/session'
import { openPostgres } from '@iam/platform/postgres'
import { testWrapping } from '@iam/testkit/kms'
import { logIn, openWorld, rotateSecret, systemTenant, testDeployment, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = (name: string) => readFileSync(`${root}infra/runbooks/${name}`, 'utf8')
const pages = globSync('*.md', { cwd: `${root}infra/runbooks` }).map((name) => ({ name, text: page(name) }))

type Login = Parameters<World['database']['urlFor']>[0]

interface Block {
  readonly page: string
  readonly login: Login
  readonly text: string
}

/** The SQL of the runbooks, each with the login that the words before it name. */
const blocks: Block[] = pages.flatMap(({ name, text }) =>
  [...text.matchAll(/^ *```sql\n([\s\S]*?)^ *```$/gm)].map(({ 1: said = '', index }) => {
    const named = [...text.slice(0, index).matchAll(/\bas (iam_\w+)|`(pg_read_all_stats)`/gi)].at(-1)
    return { page: name, login: (named?.[1] ?? 'postgres') as Login, text: said }
  }),
)

function blockWith(words: string): Block {
  const found = blocks.filter(({ text }) => text.includes(words))
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} blocks say ${words}.`)
  return found[0]
}

describe('the runbooks', () => {
  const sources = ['apps/*/src/**/*.ts', 'packages/{cli,domain,platform}/src/**/*.ts']
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(root + file, 'utf8'))
    .join('\n')

  const namesIn = (pattern: RegExp) => [
    ...new Set(pages.flatMap(({ text }) => [...text.matchAll(pattern)].map(({ 1: name = '' }) => name))),
  ]

  test.each([
    ['metrics', /`(iam_(?:outbox|inbox|relay|job|key_set)_\w+)`/g],
    ['log lines', /"([A-Z][\w ]{10,})[^"]*"/g],
    ['variables', /\b(IAM_[A-Z_]+)\b/g],
    ['audited actions', /`(session\.\w+|signing_key\.\w+|refresh_reused)`/g],
    ['faults', /`(not_ours|retired_anchor|malformed|older_than_seen|from_the_future|no_endorsed_key)`/g],
    ['reasons', /^- \*\*(its? .*)\*\*/gm],
  ])('name %s that are in the code', (_what, pattern) => {
    const names = namesIn(pattern)
    expect(names).not.toEqual([])
    expect(names.filter((name) => !sources.includes(name))).toEqual([])
  })

  test('tell of every fault and every reason that the code knows', () => {
    const faults = /type KeySetFault =([\s\S]*?)\n\n/.exec(sources)?.[1] ?? ''
    const reasons = [...sources.matchAll(/reason: '(it.*)' \}/g)].map(({ 1: reason = '' }) => reason)
    const wanted = [...[...faults.matchAll(/'(\w+)'/g)].map(({ 1: fault = '' }) => fault), ...reasons]
    expect(wanted.length).toBeGreaterThan(8)
    const told = pages.map(({ text }) => text).join('\n')
    expect(wanted.filter((name) => !told.includes(name))).toEqual([])
  })

  test('are listed, each, on their first page', () => {
    const listed = [...page('README.md').matchAll(/\]\((.*?)\)/g)].map(({ 1: name = '' }) => name)
    expect([...listed, 'README.md'].toSorted()).toEqual(pages.map(({ name }) => name).toSorted())
  })
})

describe('the SQL of the runbooks', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  /** Runs a block as it is written, with its placeholders filled in. @returns the rows of all its statements. */
  async function run({ login, text }: Block, values: Record<string, string> = {}) {
    const client = new pg.Client({ connectionString: world.database.urlFor(login) })
    await client.connect()
    try {
      const filled = text.replaceAll(/<([a-z ]+)>/g, (_all, name: string) => values[name] ?? '')
      const answer = (await client.query(filled)) as pg.QueryResult | pg.QueryResult[]
      return [answer].flat().flatMap(({ rows }) => rows as Record<string, unknown>[])
    } finally {
      await client.end()
    }
  }

  test.each(blocks.map((block) => [block.page, block.text.trim().split('\n')[0] ?? '', block] as const))(
    '%s: %s… runs under the login it names',
    async (_page, _text, block) => {
      await expect(
        run(block, { 'ordering key': 'ten_X:usr_X', 'tenant id': world.acme }),
      ).resolves.toBeDefined()
    },
  )

  test('shows the transaction that holds the relay back', async () => {
    const slow = new pg.Client({ connectionString: world.database.urlFor('iam_api') })
    await slow.connect()
    await slow.query('begin')
    const { rows } = await slow.query<{ pid: number }>('select pg_backend_pid() as pid, pg_current_xact_id()')
    const shown = await run(blockWith('backend_xid'))
    expect(shown.map((row) => row['pid'])).toContain(rows[0]?.pid)
    await slow.query('rollback')
    await slow.end()
  })

  test.each([
    [
      'its SQL',
      async (stream: string) =>
        void (await run(blockWith('insert into iam.outbox'), { 'ordering key': stream })),
    ],
    [
      'iam outbox replay',
      async (stream: string) => {
        const owner = openPostgres<Database>({ url: world.database.urlFor('iam_owner'), poolSize: 1 })
        const parked = await listParkedStreams(owner)
        const [found] = parked.filter(({ orderingKey }) => orderingKey === stream)
        expect(found).toMatchObject({ events: 2, reason: 'refused' })
        if (found !== undefined) await replayStream({ db: owner }, found)
        await owner.close()
      },
    ],
  ])('%s puts a stream back in its order, with what came after it, and no other', async (_how, replay) => {
    const other = await partlyParked()
    const stream = await partlyParked()
    expect(await unsent(stream)).toEqual(['4', '5'])
    await replay(stream)
    expect(await unsent(stream)).toEqual(['2', '3', '4', '5'])
    expect(await parked(stream)).toEqual([])
    expect(await parked(other)).toEqual(['2', '3'])
  })

  /** A stream of five events: the first went out, the second was refused, the third waits behind it. */
  async function partlyParked(): Promise<string> {
    const { acme: tenantId, clock, workerDb } = world
    const userId = newId('usr', clock())
    const key = streamKey(tenantId, userId)
    const event = { type: 'user.registered', payload: { userId } } as const
    for (let n = 0; n < 5; n += 1) {
      const append = appendEvent({ tenantId, aggregateId: userId, at: clock(), event, origin: world.origin })
      await inOneFlight(world.db, { tenantId, streams: [key] }, [append])
    }
    const rows = await sql<OutboxRow & { partition: number }>`
      select partition, xid, id, tenant_id as "tenantId", event_id as "eventId", type, version,
             occurred_at as "occurredAt", ordering_key as "orderingKey", sequence, payload, traceparent,
             correlation_id as "correlationId", causation_id as "causationId", retention_class as "retentionClass"
        from iam.outbox where ordering_key = ${key} order by xid, id`.execute(world.admin)
    for (const row of rows.rows.slice(1, 3)) await buryEvent(workerDb, row, 'refused')
    await sql`
      update iam.relay_lease set cursor_xid = ${rows.rows[2]?.xid}, cursor_id = ${rows.rows[2]?.id}
       where partition = ${rows.rows[2]?.partition}`.execute(world.admin)
    return key
  }

  /** The sequences of what a stream has past its relay's cursor, in the order in which it would go out. */
  async function unsent(stream: string): Promise<string[]> {
    const found = await sql<{ sequence: string }>`
      select o.sequence from iam.outbox o join iam.relay_lease l on l.partition = o.partition
       where o.ordering_key = ${stream} and (o.xid, o.id) > (l.cursor_xid, l.cursor_id)
       order by o.xid, o.id`.execute(world.admin)
    return found.rows.map((row) => row.sequence)
  }

  async function parked(stream: string): Promise<string[]> {
    const found = await sql<{ sequence: string }>`
      select sequence from iam.outbox_dead_letter where ordering_key = ${stream} order by xid, id`.execute(
      world.admin,
    )
    return found.rows.map((row) => row.sequence)
  }

  test('replaces a leaked tag key: what it tagged is believed by nobody, and whoever refreshed meanwhile stays', async () => {
    const [leaked, kept] = [await logIn(world), await logIn(world)]
    const { origin } = world
    await rotateSecret(world, 'token-tag')
    const fresh = await refreshSession(world, { ...kept, origin })
    const deps = { db: world.workerDb, clock: world.clock, systemTenantId: await systemTenant(world) }
    expect(await destroySecretKeys(deps, { purpose: 'token-tag' })).toEqual([1])
    const loading = { wrapping: testWrapping, deployment: testDeployment, db: world.db }
    await loadSecretKeys({ ...loading, secrets: world.secrets })
    await expect(refreshSession(world, { ...leaked, origin })).rejects.toMatchObject({
      code: 'invalid_grant',
    })
    expect((await refreshSession(world, { ...fresh, origin })).session).toEqual(kept.session)
  })
})
