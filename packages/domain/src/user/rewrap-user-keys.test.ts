import { addPerson, logIn, openWorld, personalOf, rotateSecret, type World } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { appendAudit } from '../audit/index.ts'
import { inTenant, run } from '../db/index.ts'
import { newId, type Id } from '../kit/index.ts'
import { holdLease } from '../lease/index.ts'
import { listSessions } from '../session/index.ts'
import { forgetUser, rewrapUserKeys, sealPersonal, userKeyOf, type Rewrapped } from './index.ts'

describe('rewrapUserKeys', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'))
  })
  afterEach(() => world.close())

  async function rewrap(batches = 10, owner = 'worker', instance = world): Promise<Rewrapped> {
    const db = world.workerDb
    const lease = await holdLease(db.kysely, { name: 'keys', owner, ttl: 30 })
    if (lease === undefined) return { done: 0, unreadable: [] }
    return rewrapUserKeys({ ...instance, db, lease, isReady: async () => true }, { batches })
  }

  async function versions(): Promise<Record<string, number>> {
    const rows = await world.admin
      .selectFrom('iam.user_key')
      .select(['user_id', 'data_key_version'])
      .orderBy('user_id')
      .execute()
    return Object.fromEntries(rows.map((row) => [row.user_id, row.data_key_version]))
  }

  const numbers = async () => Object.values(await versions())

  async function addPeople(count: number): Promise<Id<'usr'>[]> {
    const ids: Id<'usr'>[] = []
    for (let n = 0; n < count; n += 1) {
      const email = `p${n}@acme.example`
      ids.push((await addPerson(world, { tenantId: world.acme, email })).userId)
    }
    return ids
  }

  test('seals the keys of everybody anew, of all tenants, and what they seal stays readable', async () => {
    const { session, user } = await logIn(world)
    const names = async () => {
      const page = { tenantId: world.acme, userId: user.id, after: undefined, limit: 10 }
      return (await listSessions(world, page)).items.find(({ id }) => id === session.id)
    }
    const before = await names()
    expect(before).toMatchObject({ network: world.origin.network })
    await rotateSecret(world, 'data')
    expect(await numbers()).toEqual([1, 1])
    expect(await rewrap()).toEqual({ done: 2, unreadable: [] })
    expect(await numbers()).toEqual([2, 2])
    expect(await names()).toEqual(before)
    expect((await logIn(world)).session.id).toBeDefined()
    expect(await rewrap()).toEqual({ done: 0, unreadable: [] })
    const audited = await world.admin
      .selectFrom('iam.audit_event')
      .select(['tenant_id', 'target_id'])
      .where('action', '=', 'user_key.rewrapped')
      .execute()
    expect(audited.map((row) => row.target_id)).toEqual(['data/2', 'data/2'])
    expect(new Set(audited.map((row) => row.tenant_id))).toEqual(new Set([world.acme, world.globex]))
  })

  test('does nothing before the new version makes, or while the key-management service does not open it', async () => {
    await rotateSecret(world, 'data')
    const db = world.workerDb
    const lease = await holdLease(db.kysely, { name: 'keys', owner: 'worker', ttl: 30 })
    if (lease === undefined) throw new Error('no lease')
    const away = { ...world, db, lease, isReady: () => Promise.reject(new Error('KMS is away')) }
    await expect(rewrapUserKeys(away, { batches: 10 })).rejects.toThrow('KMS is away')
    expect(await numbers()).toEqual([1, 1])
    expect(await rewrapUserKeys({ ...away, isReady: async () => false }, { batches: 10 })).toMatchObject({
      done: 0,
    })
    expect(await numbers()).toEqual([1, 1])
  })

  test('a person who is erased in the middle of it stays erased', async () => {
    const people = await addPeople(20)
    await rotateSecret(world, 'data')
    const erase = (userId: Id<'usr'>) =>
      inTenant(world.db, { tenantId: world.acme }, (tx) =>
        forgetUser(tx, { tenantId: world.acme, userId, at: world.clock() }),
      )
    const [erased] = [people.slice(0, 15)]
    await Promise.all([rewrap(), ...erased.map(erase)])
    await rewrap()
    const left = await versions()
    for (const userId of erased) expect(left[userId]).toBeUndefined()
    expect(new Set(Object.values(left))).toEqual(new Set([2]))
    expect(Object.keys(left)).toHaveLength(5 + 2)
  })

  test('a key that does not open stays as it is, is told, and holds nobody else up', async () => {
    const [broken, ...others] = await addPeople(4)
    if (broken === undefined) throw new Error('nobody')
    await rotateSecret(world, 'data')
    const sealed = Buffer.alloc(60, 7)
    await world.admin.updateTable('iam.user_key').set({ sealed }).where('user_id', '=', broken).execute()
    expect(await rewrap()).toEqual({ done: others.length + 2, unreadable: [broken] })
    const left = await versions()
    expect(left[broken]).toBe(1)
    for (const other of others) expect(left[other]).toBe(2)
  })

  test('cut off after any batch, another worker goes on, and two at once do it once', async () => {
    await addPeople(12)
    await rotateSecret(world, 'data')
    const [one, other] = await Promise.all([rewrap(10, 'one'), rewrap(10, 'other')])
    expect(one.done + other.done).toBe(14)
    await rotateSecret(world, 'data')
    await world.testClock.advance(31)
    const failing = { ...world, clock: failAfter(world, 3) }
    await expect(rewrap(10, 'one', failing)).rejects.toThrow('killed')
    expect(new Set(await numbers())).toEqual(new Set([2]))
    await rewrap(10, 'one')
    expect(new Set(await numbers())).toEqual(new Set([3]))
  })

  test('an instance that does not know the new version yet says so, and what it seals meanwhile is sealed anew', async () => {
    const lagging = await rotateSecret(world, 'data')
    const made = await addPerson(lagging, { tenantId: world.acme, email: 'late@acme.example' })
    expect((await versions())[made.userId]).toBe(1)
    await rewrap()
    expect((await versions())[made.userId]).toBe(2)
    await expect(logIn(lagging)).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    expect((await logIn(world)).session.id).toBeDefined()
  })

  test('what stands in audit opens before and after, and not once the person is erased', async () => {
    const { userId } = await addPerson(world, { tenantId: world.acme, email: 'eve@acme.example' })
    const requestId = 'req_rewrap'
    await inTenant(world.db, { tenantId: world.acme }, async (tx) => {
      const [userKey] = await run(tx, userKeyOf(world.acme, userId))
      if (userKey === undefined) throw new Error('no key')
      const [id, at] = [newId('aud', world.clock()), world.clock()]
      const sealed = { values: { network: '192.0.2.0/24' }, context: id }
      const personal = sealPersonal(world.secrets.of('data'), { userId, userKey }, sealed)
      const event = { id, tenantId: world.acme, at, action: 'test', outcome: 'success', personal } as const
      const by = { actor: { type: 'user', id: userId }, target: { type: 'user', id: userId } } as const
      await run(tx, appendAudit({ ...event, ...by, origin: { requestId } }))
    })
    const before = await personalOf(world, requestId)
    expect(JSON.stringify(before)).toContain('192.0.2.0/24')
    await rotateSecret(world, 'data')
    await rewrap()
    expect(await personalOf(world, requestId)).toEqual(before)
  })
})

/** A clock that ends its process when it has been read so often. */
function failAfter({ clock }: World, reads: number): () => Date {
  let left = reads
  return () => {
    left -= 1
    if (left < 0) throw new Error('killed')
    return clock()
  }
}
