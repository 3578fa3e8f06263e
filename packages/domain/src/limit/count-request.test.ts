import { startTcpProxy } from '@iam/local-stack/tcp-proxy'
import { openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Refusal } from '../kit/index.ts'
import { countRequest, limits, type LimitName } from './index.ts'

describe('countRequest', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'), { limits: 1 })
  })
  afterAll(() => world.close())

  const count = (limit: LimitName, value: string, instance = world) =>
    countRequest(instance, { tenantId: world.acme, origin: world.origin, counts: [{ limit, value }] })

  async function refusalOf(limit: LimitName, value: string, instance = world): Promise<Refusal> {
    const { points } = limits[limit]
    for (let n = 0; n < points; n += 1) await count(limit, value, instance)
    return count(limit, value, instance).then(
      () => expect.fail(`${limit} has no end`),
      (error: unknown) => error as Refusal,
    )
  }

  async function recorded(reason: string) {
    return world.admin
      .selectFrom('iam.audit_event')
      .select(['action', 'actor_type', 'target_type', 'target_id', 'outcome', 'subject_hmac'])
      .where('reason', '=', reason)
      .execute()
  }

  test.each(Object.entries(limits))(
    '%s refuses what is beyond its points, for its period',
    async (name, limit) => {
      const refusal = await refusalOf(name as LimitName, 'somebody')
      expect(refusal).toMatchObject({ code: 'rate_limited' })
      expect(refusal.standings).toMatchObject([
        { limit: name, points: limit.points, seconds: limit.seconds, left: 0 },
      ])
      expect(refusal.standings[0]?.resetAfter).toBeGreaterThan(limit.seconds - 20)
      expect(refusal.standings[0]?.resetAfter).toBeLessThanOrEqual(limit.seconds)
      expect(await count(name as LimitName, 'somebody else')).toHaveLength(limit.by === 'address' ? 0 : 1)
    },
  )

  test('records the first refusal of a period, and no other, without telling an address', async () => {
    await refusalOf('password-reset-address', 'ada@acme.example')
    for (let n = 0; n < 5; n += 1)
      await expect(count('password-reset-address', 'ada@acme.example')).rejects.toThrow('rate_limited')
    const [row, ...others] = (await recorded('password-reset-address')).slice(1) // the first is of the test above
    expect(others).toEqual([])
    expect(row).toMatchObject({
      action: 'request.rate_limited',
      actor_type: 'anonymous',
      target_type: 'address',
      target_id: null,
      outcome: 'refused',
    })
    expect(row?.subject_hmac).toHaveLength(32)
  })

  test('records who it was where that is one of our ids', async () => {
    await refusalOf('refresh', 'rft_01ARZ3NDEKTSV4RRFFQ69G5FAV')
    expect((await recorded('refresh')).at(-1)).toMatchObject({ target_id: 'rft_01ARZ3NDEKTSV4RRFFQ69G5FAV' })
  })

  test('counts each tenant, each limit and each kind of value apart', async () => {
    await refusalOf('register', 'x')
    await count('login', 'x')
    const other = { tenantId: world.globex, origin: world.origin }
    const [standing] = await countRequest(world, { ...other, counts: [{ limit: 'register', value: 'x' }] })
    expect(standing).toMatchObject({ left: limits.register.points - 1 })
  })

  test('counts nothing more once one limit refused', async () => {
    await refusalOf('verify-email', 'full')
    const counts = [
      { limit: 'verify-email', value: 'full' },
      { limit: 'verify-email-address', value: 'spared@acme.example' },
    ] as const
    for (let n = 0; n < 10; n += 1) {
      const counting = countRequest(world, { tenantId: world.acme, origin: world.origin, counts })
      await expect(counting).rejects.toThrow('rate_limited')
    }
    expect(await count('verify-email-address', 'spared@acme.example')).toEqual([])
  })

  test('refuses also when the refusal cannot be recorded', async () => {
    const away = { ...world.db, flights: { fly: () => Promise.reject(new Error('the database is away')) } }
    expect(await refusalOf('login', 'unrecorded', { ...world, db: away })).toMatchObject({
      code: 'rate_limited',
    })
  })

  test('C168: two instances that share nothing any more each hold the limit', async () => {
    const { hostname, port } = new URL(inject('services').redisUrl)
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) })
    const redisUrl = `redis://127.0.0.1:${proxy.port}`
    const instances = [
      await openWorld(inject('services'), { limits: 1, redisUrl, database: world.database }),
      await openWorld(inject('services'), { limits: 1, redisUrl, database: world.database }),
    ]
    proxy.refuse()
    proxy.cut()
    for (const instance of instances) {
      const counted = await Promise.allSettled(
        Array.from({ length: 40 }, () => count('login', 'split', instance)),
      )
      expect(counted.filter(({ status }) => status === 'fulfilled')).toHaveLength(limits.login.points)
    }
    for (const instance of instances) await instance.close()
    proxy.close()
  })
})
