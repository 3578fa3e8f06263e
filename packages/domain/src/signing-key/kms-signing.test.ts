import { openKmsCustody, type KmsCustody } from '@iam/testkit/kms-custody'
import { openWorld, type World } from '@iam/testkit/world'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Signer } from './index.ts'

const fault = { service: 'KeyManagementService', method: 'AsymmetricSign' }

describe('signing in KMS', () => {
  let world: World
  let custody: KmsCustody
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    const limits = { concurrency: 1, waiting: 50, waitingPerTenant: 40 }
    custody = await openKmsCustody(world, { limits, monotonic: () => performance.now() })
    await custody.moveIn()
  })
  afterEach(() => custody.emulator.faults.clear())
  afterAll(async () => {
    await custody.close()
    await world.close()
  })

  function signer(): Signer {
    const found = world.signingKeys.signer(world.clock())
    if (found === undefined) throw new Error('Nothing signs.')
    return found
  }

  /** Asks for signatures in this order. @returns for whom there was one, in the order that they came. */
  async function signFor(tenants: readonly string[]): Promise<string[]> {
    const order: string[] = []
    const asked = tenants.map(async (tenantId, at) => {
      await signer().sign(`input ${at}`, tenantId)
      order.push(tenantId)
    })
    await Promise.allSettled(asked)
    return order
  }

  const storm = Array.from({ length: 30 }, () => 'ten_storm')

  test('C262: a storm of one tenant holds up no other, however slow KMS is', async () => {
    custody.emulator.faults.inject({ ...fault, latencyMs: 20 })
    const order = await signFor([...storm, 'ten_calm', 'ten_quiet'])
    expect(order).toHaveLength(32)
    // One is being signed when they come, and one of the storm may have its turn between.
    expect(order.indexOf('ten_calm')).toBeLessThan(4)
    expect(order.indexOf('ten_quiet')).toBeLessThan(5)
  })

  test('C262: nor when the quota is used up: the others’ turns come as soon as there is some', async () => {
    custody.emulator.faults.inject({ ...fault, code: 'RESOURCE_EXHAUSTED', calls: 1 })
    const order = await signFor([...storm, 'ten_calm'])
    expect(order).toHaveLength(30) // the first had none
    expect(order.indexOf('ten_calm')).toBeLessThan(3)
  })

  test('a full queue refuses the newest of whoever has most, and says when to come back', async () => {
    custody.emulator.faults.inject({ ...fault, latencyMs: 20 })
    const flood = Array.from({ length: 60 }, () => 'ten_flood')
    const asked = [...flood, 'ten_calm'].map(async (tenantId, at) => signer().sign(`input ${at}`, tenantId))
    const ended = await Promise.allSettled(asked)
    const refused = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []))
    expect(refused).toHaveLength(60 - 41) // one at a time, and forty that wait
    for (const reason of refused) {
      expect(reason).toMatchObject({ code: 'temporarily_unavailable' })
      expect((reason as { retryAfter?: number }).retryAfter).toBeGreaterThan(0)
    }
    expect(ended.at(-1)?.status).toBe('fulfilled')
  })

  test('C26: takes no signature by another key than the one that was endorsed', async () => {
    const { kms, keyName, keys } = custody
    const other = await kms.versions.create(keyName)
    await expect.poll(async () => (await kms.versions.get(other.name)).state).toBe('ENABLED')
    const [row] = (await keys()).filter(({ state, custody: where }) => state === 'active' && where === 'kms')
    const change = (version: string) =>
      world.admin
        .updateTable('iam.signing_key')
        .set({ kms_version: version })
        .where('id', '=', row?.id ?? '')
        .execute()
    await change(other.name)
    world.signingKeys.replace([], 0)
    await custody.load()
    await expect(signer().sign('something', 'ten_a')).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    })
    expect(String(custody.heard.at(-1))).toContain('another key than was endorsed')
    await change(row?.kms_version ?? '')
    world.signingKeys.replace([], 0)
    await custody.load()
    await expect(signer().sign('something', 'ten_a')).resolves.toBeTypeOf('string')
  })
})
