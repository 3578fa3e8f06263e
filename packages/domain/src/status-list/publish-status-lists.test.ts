import { generateKeyPairSync, sign } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { logIn, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { holdLease } from '../lease/index.ts'
import type { StatusListClaims } from '../status-list-token/index.ts'
import { growStatusLists, PublishedLists, publishStatusLists, takeStatusSlot } from './index.ts'
import { listsWanted } from './grow-status-lists.ts'

/** A store in memory that can be told to fail. */
class Store {
  readonly objects = new Map<string, { body: Buffer; generation: string }>()
  writes: string[] = []
  failing = false
  /** Of which lists nothing can be read or written. */
  broken: string[] = []

  read = async (id: string) => {
    this.#check(id)
    return this.objects.get(id)
  }

  #check(id: string): void {
    if (this.failing || this.broken.includes(id)) throw new Error('the store is away')
  }

  write = async (id: string, document: string, ifGeneration: string): Promise<string> => {
    this.#check(id)
    if (ifGeneration !== (this.objects.get(id)?.generation ?? '0')) throw new Error('changed meanwhile')
    const generation = String(Number(ifGeneration) + 1)
    this.objects.set(id, { body: Buffer.from(document), generation })
    this.writes.push(id)
    return generation
  }

  claims(shard: number): StatusListClaims {
    const document = this.objects.get(`local-${shard}`)?.body.toString() ?? ''
    return JSON.parse(Buffer.from(document.split('.')[1] ?? '', 'base64url').toString()) as StatusListClaims
  }

  isRevoked(shard: number, slot: number): boolean {
    const bits = inflateSync(Buffer.from(this.claims(shard).status_list.lst, 'base64url'))
    return (((bits[slot >> 3] ?? 0) >> (slot & 7)) & 1) === 1
  }
}

describe('publishing status lists', () => {
  let world: World
  let store: Store
  let published: PublishedLists
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = {
    kid: 'status-1',
    alg: 'ES256',
    sign: (input: string) =>
      sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
        'base64url',
      ),
  }
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    store = new Store()
    published = new PublishedLists()
  })
  afterEach(() => world.close())

  async function leader(owner: string) {
    const lease = await holdLease(world.workerDb.kysely, { name: 'status', owner, ttl: 3600 })
    if (lease === undefined) throw new Error('not the leader')
    return lease
  }

  async function round(changes: Partial<Parameters<typeof publishStatusLists>[0]> = {}) {
    const lease = changes.lease ?? (await leader('worker'))
    store.writes = []
    const deployment = testDeployment
    const common = { db: world.workerDb, clock: world.clock, deployment, lease, store, signer, published }
    return publishStatusLists({ ...common, ...changes })
  }

  async function grant() {
    const { accessToken, refreshToken, session } = await logIn(world)
    const { grantId } = verifyAccessToken(world, accessToken)
    const { shard, slot } = await world.admin
      .selectFrom('iam.status_list_entry')
      .select(['shard', 'slot'])
      .where('grant_id', '=', grantId)
      .executeTakeFirstOrThrow()
    return { refreshToken, session, shard, slot }
  }

  const end = (sessionId: string) =>
    sql`select iam.end_session(${world.acme}, ${sessionId}, 'logout', ${world.clock()})`.execute(world.admin)

  test('builds every list at first, and then those alone in which a grant was revoked', async () => {
    const { session, shard, slot } = await grant()
    expect(await round()).toMatchObject({ lists: 2, built: 2 })
    expect(store.isRevoked(shard, slot)).toBe(false)
    expect(await round()).toMatchObject({ built: 0 })
    expect(store.writes).toEqual([])
    await end(session.id)
    await round()
    expect(store.writes).toEqual([`local-${shard}`])
    expect(store.isRevoked(shard, slot)).toBe(true)
    expect(store.claims(shard)).toMatchObject({
      sub: `${testDeployment.issuer}/.well-known/status-lists/local-${shard}`,
      ttl: 15,
      denied_kids: [],
    })
  })

  test('misses no revocation that commits after a later one was published', async () => {
    const [early, late] = [await grant(), await grant()]
    await round()
    const { finish, ended } = await slowly(early.session.id)
    await end(late.session.id)
    await round()
    expect(store.isRevoked(late.shard, late.slot)).toBe(true)
    expect(store.isRevoked(early.shard, early.slot)).toBe(false)
    finish()
    await ended
    await round()
    expect(store.isRevoked(early.shard, early.slot)).toBe(true)
  })

  /** Ends a session in a transaction that commits when it is told to. */
  async function slowly(sessionId: string) {
    const { promise: may, resolve: finish } = Promise.withResolvers<void>()
    const { promise: began, resolve: begun } = Promise.withResolvers<void>()
    const ended = world.admin.transaction().execute(async (tx) => {
      await sql`select iam.end_session(${world.acme}, ${sessionId}, 'logout', ${world.clock()})`.execute(tx)
      begun()
      await may
    })
    await began
    return { finish, ended }
  }

  test('signs lists anew before half of their life is over, and at once by another key', async () => {
    await round()
    const { iat } = store.claims(0)
    await world.testClock.advance(60)
    expect(await round()).toMatchObject({ built: 0 })
    await world.testClock.advance(91)
    expect(await round()).toMatchObject({ built: 2 })
    expect(store.claims(0).iat).toBeGreaterThan(iat)
    expect(await round({ signer: { ...signer, kid: 'status-2' } })).toMatchObject({ built: 2 })
  })

  test('tells of keys that were given up, in every list, until their tokens have ended', async () => {
    await round()
    const { kid } = await world.admin
      .selectFrom('iam.signing_key')
      .select('kid')
      .where('state', '=', 'active')
      .where('purpose', '=', 'token')
      .executeTakeFirstOrThrow()
    await sql`update iam.signing_key set state = 'compromised' where kid = ${kid}`.execute(world.admin)
    expect(await round()).toMatchObject({ built: 2 })
    expect(store.claims(1).denied_kids).toEqual([kid])
    await sql`update iam.signing_key set verify_until = iam.now() where kid = ${kid}`.execute(world.admin)
    await round()
    expect(store.claims(1).denied_kids).toEqual([])
  })

  test('clears a slot when its grant’s last token has ended, before another grant can have it', async () => {
    const { session, shard, slot } = await grant()
    await end(session.id)
    await round()
    await sql`update iam.status_list_entry set ends_at = iam.now() - interval '1 hour'
               where shard = ${shard} and slot = ${slot}`.execute(world.admin)
    await world.testClock.advance(151)
    await round()
    expect(store.isRevoked(shard, slot)).toBe(false)
  })

  test('says nothing of a slot’s former grant', async () => {
    await sql`delete from iam.status_list where shard = 1`.execute(world.admin)
    await sql`
      insert into iam.status_list_entry (shard, slot, tenant_id, grant_id, ends_at, revoked_at)
      select 0, n, ${world.acme}, 'grt_old', iam.now() - interval '71 minutes', iam.now() - interval '2 hours'
        from generate_series(0, 131071) n`.execute(world.admin)
    const endsAt = new Date(world.clock().getTime() + 3_600_000)
    const taken = await takeStatusSlot(world.db.kysely, { tenantId: world.acme, grantId: 'grt_new', endsAt })
    await round()
    expect(store.isRevoked(0, taken.slot)).toBe(false)
    await sql`update iam.status_list_entry set revoked_at = iam.now() where grant_id = 'grt_new'`.execute(
      world.admin,
    )
    expect(await round()).toMatchObject({ built: 1 })
    expect(store.isRevoked(0, taken.slot)).toBe(true)
  })

  test('C14: goes on with the next round, wherever one was cut off', async () => {
    const { session, shard, slot } = await grant()
    await round()
    await end(session.id)
    store.failing = true
    await expect(round()).rejects.toThrow('the store is away')
    store.failing = false
    await round()
    expect(store.isRevoked(shard, slot)).toBe(true)
  })

  test('C14: one list that cannot be written holds up none of the others', async () => {
    await sql`insert into iam.status_list (shard, opens_at) select n, '-infinity' from generate_series(2, 39) n`.execute(
      world.admin,
    )
    store.broken = ['local-1']
    await expect(round()).rejects.toThrow('the store is away')
    expect(store.objects.size).toBe(39)
    await world.testClock.advance(151)
    await expect(round()).rejects.toThrow('the store is away')
    expect(store.writes).toHaveLength(39)
    store.broken = []
    expect(await round()).toMatchObject({ built: 1 })
  })

  test('C14: a store that is away is not asked for list after list', async () => {
    await sql`insert into iam.status_list (shard, opens_at) select n, '-infinity' from generate_series(2, 39) n`.execute(
      world.admin,
    )
    let asked = 0
    store.failing = true
    const read = async (id: string) => {
      asked += 1
      return store.read(id)
    }
    await expect(round({ store: { read, write: store.write } })).rejects.toThrow('the store is away')
    expect(asked).toBe(16)
  })

  test('C263: is believed again as soon as a clock that ran ahead is set right', async () => {
    const ahead = () => new Date(world.clock().getTime() + 3_600_000)
    await round({ clock: ahead })
    await round()
    expect(store.claims(0).iat * 1000).toBeLessThanOrEqual(world.clock().getTime())
    const { iat } = store.claims(0)
    await round({ published: new PublishedLists(), clock: () => new Date((iat - 30) * 1000) })
    expect(store.claims(0).iat).toBe(iat)
  })

  test('is done by one leader: one that was held up cannot put an older list back', async () => {
    const { session, shard, slot } = await grant()
    await round()
    const held = await leader('worker')
    await sql`update iam.leader_lease set expires_at = iam.now() where name = 'status'`.execute(world.admin)
    await end(session.id)
    const other = await leader('other')
    await round({ lease: other, published: new PublishedLists() })
    expect(store.isRevoked(shard, slot)).toBe(true)
    await world.testClock.advance(151)
    await expect(round({ lease: held })).rejects.toThrow('changed meanwhile')
    expect(store.isRevoked(shard, slot)).toBe(true)
  })

  test('a leader that comes after another goes on from what is stored', async () => {
    const { session, shard, slot } = await grant()
    await end(session.id)
    await round()
    const { iat } = store.claims(shard)
    expect(await round({ published: new PublishedLists() })).toMatchObject({ built: 2 })
    expect(store.claims(shard).iat).toBeGreaterThanOrEqual(iat)
    expect(store.isRevoked(shard, slot)).toBe(true)
  })

  test('lists are added when more than half of the slots are taken, and open once they are published', async () => {
    const systemTenantId = (
      await world.admin
        .selectFrom('iam.directory')
        .select('tenant_id')
        .where('slug', '=', 'system')
        .executeTakeFirstOrThrow()
    ).tenant_id as `ten_${string}`
    const deployment = testDeployment
    const grow = async () =>
      growStatusLists({
        db: world.workerDb,
        clock: world.clock,
        deployment,
        lease: await leader('worker'),
        systemTenantId,
      })
    expect(await grow()).toMatchObject({ lists: 2 })
    await sql`
      insert into iam.status_list_entry (shard, slot, tenant_id, grant_id, ends_at)
      select shard, slot, 'ten_x', 'grt_x', iam.now() + interval '1 hour'
        from generate_series(0, 1) shard, generate_series(0, 91000) slot`.execute(world.admin)
    const { lists, fill } = await grow()
    expect(fill).toBeGreaterThan(0.6)
    expect(lists).toBeGreaterThan(2)
    const open = async () => {
      const { rows } = await sql<{ shard: number }>`
        select shard from iam.status_list where opens_at <= iam.now()`.execute(world.admin)
      return rows.length
    }
    await world.testClock.advance(60)
    expect(await open()).toBe(2)
    await round()
    expect(store.writes).toContain('local-2')
    await world.testClock.advance(60)
    expect(await open()).toBe(lists)
  })

  test('C14: lists open in their order, also when one of them could not be published at first', async () => {
    await sql`insert into iam.status_list (shard) select n from generate_series(2, 4) n`.execute(world.admin)
    const open = async () => {
      await world.testClock.advance(16)
      const { rows } = await sql<{ shard: number }>`
        select shard from iam.status_list where opens_at <= iam.now() order by shard`.execute(world.admin)
      return rows.map(({ shard }) => shard)
    }
    store.broken = ['local-3']
    await expect(round()).rejects.toThrow('the store is away')
    expect(await open()).toEqual([0, 1, 2])
    store.broken = []
    await round()
    expect(await open()).toEqual([0, 1, 2, 3, 4])
  })

  test('as many lists are wanted as make them less than half full, up to the most', () => {
    expect(listsWanted({ lists: 2, fill: 0.5 })).toBe(2)
    expect(listsWanted({ lists: 2, fill: 0.51 })).toBe(3)
    expect(listsWanted({ lists: 100, fill: 0.9 })).toBe(200)
    expect(listsWanted({ lists: 500, fill: 1 })).toBe(512)
    expect(listsWanted({ lists: 512, fill: 1 })).toBe(512)
  })
})
