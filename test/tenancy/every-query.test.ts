import { keyingAudit } from '@iam/domain/audit'
import { inTenant, type Db } from '@iam/domain/db'
import { logInWithPassword, refreshSession, RefreshFlights, type IssuedSession } from '@iam/domain/session'
import type { Sent } from '@iam/platform/postgres'
import { auditOf, logIn, openWorld, stateOf, type World } from '@iam/testkit/world'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { travelAsAdministrators } from './administration-journey.ts'
import { travelForOnesOwnData } from './data-export-journey.ts'
import { travelAsHolderOfFactors } from './factor-journey.ts'
import { travelAsReaderOfMail } from './magic-link-journey.ts'
import { accessesIn, accessesOfDomain } from './accesses.ts'
import {
  travelAsGuesser,
  travelAsBrowser,
  travelAsOperator,
  travelAsOwnerOfAnAccount,
  travelAsPeople,
  travelAsVictim,
  travelAsWorker,
} from './journeys.ts'

/** What the tenant that is set does not bind, each with its reason. */
const notOfATenant: readonly (readonly [RegExp, string])[] = [
  [/set_config/, 'it sets the tenant'],
  [/^select pg_advisory_xact_lock\(k\)/, 'it locks streams by their names and reads no row'],
  [/^select iam\.now\(\) as "time"$/, 'it asks for the time'],
  [/^select date_trunc\('minute', iam\.now\(\)\) as minute$/, 'and so does this'],
  [
    /^select \(extract\(epoch from statement_timestamp\(\)\) \* 1000\)::float8 as "asOf"$/,
    'it asks for the time',
  ],
  [/^select .* from "iam"\."directory"/, 'the tenant is found by it: public'],
  [/^select .* from "iam"\."relying_party"/, 'the tenant is found by it: public'],
  [
    /"?iam"?\."?(signing_key|secret_key|key_set_version|key_set_part|anchor_rotation)/,
    'the issuer’s own: no tenant owns them',
  ],
  [
    /iam\.(leader_lease|relay_lease|relay_member)/,
    'what workers share out among themselves, for all tenants',
  ],
  [/(update|delete from|from) iam\.mail/, 'iam-worker sends the mails of all tenants, and deletes old ones'],
  [/^delete from iam\.one_time_code/, 'old codes of all tenants are deleted'],
  [/^delete from iam\.idempotency_key/, 'old keys of all tenants are deleted'],
  [/^delete from iam\.challenge/, 'old challenges of all tenants are deleted'],
  [/^\s*delete from iam\.login_risk/, 'what is kept of old logins of all tenants is deleted'],
  [/^\s*with old as materialized/, 'iam-worker deletes the old sessions of all tenants'],
  [
    /^\s*delete from iam\.session_reuse where \(tenant_id, session_id\) in/,
    'and what is known of old thefts',
  ],
  [/^\s*delete from iam\.known_origin where \(tenant_id, id\) in/, 'and devices that nobody used for long'],
  [/^delete from iam\.magic_link where expires_at/, 'old links of all tenants are deleted'],
  [
    /^\s*select tenant_id as "tenantId", user_id as "userId" from iam\.user_key\s+where data_key_version </,
    'iam-worker finds the keys, of all tenants, that an older data key seals',
  ],
  [/^\s*select from iam\.user_key where data_key_version =/, 'and whether one is left'],
  [/^\s*\(select from iam\.credential where pepper_version =/, 'and so it does of old peppers'],
  [/from iam\.data_request\s+where due_at is not null/, 'iam-worker makes the exports of all tenants'],
  [/iam\.outbox_dead_letter/, 'the relay puts events of all tenants aside'],
  [
    /iam\.session_revocation/,
    'every instance follows the revocations of all tenants, and old ones are deleted',
  ],
  [/iam\.status_list(_entry)?\b/, 'lists and their slots are shared by all tenants'],
  [/iam\.breach_pace/, 'when another service may be asked next, for whichever tenant'],
  [/iam\.expiry_notice/, 'the ends of the issuer’s own keys'],
  [/iam\.job(_run|_worker)?\b/, 'what is done by the clock is done for all tenants'],
  [
    /iam\.audit_(seal|chain|sealer|head|head_end)\b/,
    'places in chains, of all tenants: hashes only, and signed ones',
  ],
  [
    /from iam\.audit_event e?\s*where \(e?\.?xid, e?\.?id\) >/,
    'iam-worker seals the events of all tenants, in the order of their transactions',
  ],
  [/iam\.ensure_audit_partitions/, 'partitions hold the events of all tenants'],
  [/from pg_inherits/, 'and which there are, everybody may know'],
  [/iam\.audit_archive/, 'months leave the database for all tenants'],
  [/iam\.(hold|drop)_audit_month/, 'so they are held and dropped'],
  [
    /^\s*select count\(\*\)::float8 as n from iam\.audit_event e\s+where e\.occurred_at >=/,
    'and counted before',
  ],
]

/** What iam-worker alone sends so, because it sends the mails and seals the events of all tenants: these name their tenant themselves. */
const namedByWorker = [
  /^select .* from "iam"\."mail" where "tenant_id" = \$1/,
  /^(delete from|update) "iam"\."mail" .*"tenant_id" = \$\d/,
  /^\s*select .* from "iam"\."(mail|outbox|audit_event)"\s+where tenant_id = \$1 and/,
  /^\s*select \* from \(select \$1::int as place/,
  /from iam\.audit_event e\s+where e\.tenant_id = \$1\s+and \(e\.occurred_at, e\.id\) in/,
]

/** Answers one row in any case: what it leaves behind is compared instead. */
const endSession = /^\s*select iam\.end_session\(/

/** What the domain may do to a table without any journey doing it, each with its reason. */
const neverTravelled: Readonly<Record<string, string>> = {
  'insert anchor_rotation': 'operators alone announce anchors, as the owner: no process may',
  'delete anchor_rotation': 'and take one back before it signs',
  'insert status_list': 'done when half of the slots are taken, which are a hundred thousand and more',
}

type Login = 'iam_api' | 'iam_worker'

describe('row-level security', () => {
  let world: World
  let clients: Record<Login, pg.Client>
  let everything: readonly Sent[]
  /** Each different statement that a tenant binds, under the login that sends it. */
  let bound: readonly { readonly login: Login; readonly statement: Sent }[]
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    world.waits.sent.length = 0
    await travelForOnesOwnData(world)
    await travelAsBrowser(world)
    await travelAsPeople(world)
    await travelAsVictim(world)
    await travelAsOwnerOfAnAccount(world)
    await travelAsGuesser(world)
    await travelAsOperator(world)
    await travelAsAdministrators(world)
    await travelAsReaderOfMail(world)
    await travelAsHolderOfFactors(world)
    await travelAsWorker(world)
    everything = [...world.waits.sent, ...world.sentByWorker]
    bound = [...boundOf('iam_api', world.waits.sent), ...boundOf('iam_worker', world.sentByWorker)]
    clients = { iam_api: clientOf('iam_api'), iam_worker: clientOf('iam_worker') }
    await Promise.all(Object.values(clients).map((client) => client.connect()))
  })
  afterAll(async () => {
    await Promise.all(Object.values(clients).map((client) => client.end()))
    await world.close()
  })

  const clientOf = (login: Login) => new pg.Client({ connectionString: world.database.urlFor(login) })

  function boundOf(login: Login, sent: readonly Sent[]) {
    const texts = new Map(sent.map((statement) => [statement.sql, statement]))
    return [...texts.values()]
      .filter(({ sql }) => !notOfATenant.some(([pattern]) => pattern.test(sql)))
      .filter(({ sql }) => login !== 'iam_worker' || !namedByWorker.some((pattern) => pattern.test(sql)))
      .map((statement) => ({ login, statement }))
  }

  /** Runs a statement under a tenant, or none, and ends its transaction. @returns the rows found or changed. */
  async function run(client: pg.Client, { sql, parameters }: Sent, how: { tenant?: string; end: string }) {
    await client.query('begin')
    try {
      if (how.tenant !== undefined)
        await client.query("select set_config('app.tenant_id', $1, true)", [how.tenant])
      const { rowCount } = await client.query(sql, [...parameters])
      return rowCount ?? 0
    } finally {
      await client.query(how.end)
    }
  }

  /** How many rows a statement reaches; none where a policy refuses it. Nothing of it stays. */
  async function reach(login: Login, statement: Sent, tenant?: string): Promise<number> {
    const how = { end: 'rollback', ...(tenant === undefined ? {} : { tenant }) }
    return run(clients[login], statement, how).catch((error: { code?: string }) => {
      expect(error.code).toMatch(/^(42501|23505|IAM0[1-47]|IAM18|IAM23)$/) // refused by a policy, sent already, or nobody's account, challenge or code
      return 0
    })
  }

  const wrongTenants: [string, () => string | undefined][] = [
    ['no tenant', () => undefined],
    ['an empty tenant', () => ''],
    ["the text 'null'", () => 'null'],
    ['another tenant', () => world.globex],
  ]

  test('sends everything that the domain does to any table', () => {
    const { pairs, unread } = accessesOfDomain()
    expect(unread).toEqual([])
    expect(pairs.size).toBeGreaterThan(40)
    const travelled = new Set(everything.flatMap(({ sql }) => accessesIn(sql)))
    const missing = [...pairs].filter((pair) => !travelled.has(pair) && !(pair in neverTravelled))
    expect(missing).toEqual([])
    const stale = Object.keys(neverTravelled).filter((pair) => travelled.has(pair) || !pairs.has(pair))
    expect(stale).toEqual([])
  })

  test('exempts no statement that nobody sends', () => {
    const stale = notOfATenant.filter(([pattern]) => !everything.some(({ sql }) => pattern.test(sql)))
    expect(stale).toEqual([])
  })

  test('reaches something with the right tenant: otherwise the tests below would prove nothing', async () => {
    const reads = bound.filter(({ statement }) => statement.sql.startsWith('select'))
    expect(reads.length).toBeGreaterThan(10)
    for (const { login, statement } of reads) {
      const rows = await reach(login, statement, world.acme)
      expect({ sql: statement.sql, reached: rows > 0 }).toEqual({ sql: statement.sql, reached: true })
    }
  })

  test.each(wrongTenants)('C217, C221: lets no statement reach a row with %s', async (_what, tenant) => {
    for (const { login, statement } of bound) {
      if (endSession.test(statement.sql)) continue
      const rows = await reach(login, statement, tenant())
      expect({ sql: statement.sql, rows }).toEqual({ sql: statement.sql, rows: 0 })
    }
  })

  /** A session whose first refresh token is old by now, and the two statements that would end it. */
  async function aboutToEnd(): Promise<{ sessionId: string; familyId: string; endings: Sent[] }> {
    const { origin } = world
    const first = await logIn(world)
    const { refreshToken } = await refreshSession(world, { refreshToken: first.refreshToken, origin })
    await refreshSession(world, { refreshToken, origin })
    await world.testClock.advance(11)
    const burn = (await keptBack((db) => refreshSession({ ...alone(), db }, { ...first, origin }))).at(-1)
    const end = bound.find(({ statement }) => endSession.test(statement.sql))?.statement
    if (burn === undefined || end === undefined)
      throw new Error('The statements that end a session are missing.')
    const family = await world.admin
      .selectFrom('iam.refresh_family')
      .select('id')
      .where('session_id', '=', first.session.id)
      .executeTakeFirstOrThrow()
    const parameters = [world.acme, first.session.id, 'x', world.clock()]
    return { sessionId: first.session.id, familyId: family.id, endings: [burn, { sql: end.sql, parameters }] }
  }

  const alone = () => ({ ...world, refreshFlights: new RefreshFlights<IssuedSession>() })

  /** What a verb would send in its flight, which does not take off. */
  async function keptBack(verb: (db: Db) => Promise<unknown>): Promise<Sent[]> {
    const kept: Sent[] = []
    const fly = async (statements: readonly Sent[]): Promise<never> => {
      kept.push(...statements)
      statements.flatMap(({ parameters }) => parameters).forEach(keyingAudit(world.secrets.of('audit')))
      throw new Error('kept back')
    }
    await expect(verb({ ...world.db, flights: { fly } })).rejects.toThrow('kept back')
    return kept
  }

  test.each([
    ['an old refresh token', 0],
    ['the end of a session', 1],
  ])(
    'C217: %s under any other tenant leaves everything as it was, and ends it under its own',
    async (_what, n) => {
      const { sessionId, familyId, endings } = await aboutToEnd()
      const [ending] = endings.slice(n)
      if (ending === undefined) throw new Error('no statement')
      const state = async () => ({
        ...(await stateOf(world, familyId)),
        audit: await auditOf(world, sessionId),
      })
      const before = await state()
      for (const [, wrong] of wrongTenants) {
        const tenant = wrong()
        await run(clients.iam_api, ending, { end: 'commit', ...(tenant === undefined ? {} : { tenant }) })
        expect(await state()).toEqual(before)
      }
      await run(clients.iam_api, ending, { end: 'commit', tenant: world.acme })
      const { family, session } = await stateOf(world, familyId)
      expect([family.revoked_at, session.revoked_at]).toEqual([expect.any(Date), expect.any(Date)])
    },
  )

  test('C225: refuses to write a row of another tenant', async () => {
    const { globex: tenantId, origin, demo } = world
    const [, { email }] = demo.tenants
    await logInWithPassword(world, { tenantId, email, password: demo.password, origin })
    await expect(
      inTenant(world.db, { tenantId: world.globex }, (tx) =>
        tx.updateTable('iam.session').set({ tenant_id: world.acme }).execute(),
      ),
    ).rejects.toMatchObject({ code: '42501' })
  })

  test('C222: leaves no tenant behind on a connection, whatever became of its transaction', async () => {
    const count = async () => (await world.db.kysely.selectFrom('iam.user').select('id').execute()).length
    const fail = inTenant(world.db, { tenantId: world.acme }, async () => {
      throw new Error('on purpose')
    })
    await expect(fail).rejects.toThrow('on purpose')
    await expect(
      world.db.flights.fly([
        { sql: "select set_config('app.tenant_id', $1, true)", parameters: [world.acme] },
        { sql: 'select 1/0', parameters: [] },
      ]),
    ).rejects.toThrow('division')
    const users = await Promise.all(Array.from({ length: 40 }, count))
    expect(new Set(users)).toEqual(new Set([0]))
  })
})
