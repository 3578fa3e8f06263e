import { testWrapping } from '@iam/testkit/kms'
import { openWorld, systemTenant, testDeployment, type World } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import {
  describeSecretKeys,
  destroySecretKeys,
  rotateSecretKey,
  type DescribedSecret,
  type SecretPurpose,
} from './index.ts'

const lead = 120

describe('what operators do to the secrets', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'))
  })
  afterEach(() => world.close())

  const operator = async () => ({
    db: world.workerDb,
    clock: world.clock,
    wrapping: testWrapping,
    deployment: testDeployment,
    systemTenantId: await systemTenant(world),
    lead,
  })
  const rotate = async (purpose: SecretPurpose, dryRun = false) =>
    rotateSecretKey(await operator(), { purpose, dryRun })
  const destroy = async (purpose: SecretPurpose, dryRun = false) =>
    destroySecretKeys(await operator(), { purpose, dryRun })
  const statesOf = async (purpose: SecretPurpose) =>
    (await describeSecretKeys(world, {})).filter((each) => each.purpose === purpose).map(stateOf)
  const stateOf = ({ version, state }: DescribedSecret) => `${version} ${state}`

  async function audited(): Promise<(string | null)[]> {
    const rows = await world.admin
      .selectFrom('iam.audit_event')
      .select(['action', 'target_id'])
      .where('action', 'like', 'secret_key.%')
      .where('target_id', 'not like', '%/1')
      .execute()
    return rows.map(({ action, target_id }) => `${action} ${target_id}`)
  }

  test('a rotation is told beforehand, changes nothing on trial, and then takes over after the lead', async () => {
    const tried = await rotate('pepper', true)
    expect(tried).toMatchObject({ purpose: 'pepper', version: 2, replaces: 1 })
    expect(tried.keptUntil.getTime() - tried.activateAt.getTime()).toBe(600_000)
    expect(await statesOf('pepper')).toEqual(['1 active'])
    await rotate('pepper')
    expect(await statesOf('pepper')).toEqual(['1 active', '2 pending'])
    await expect(rotate('pepper')).rejects.toMatchObject({ code: 'wrong_state' })
    await world.testClock.advance(lead)
    expect(await statesOf('pepper')).toEqual(['1 old', '2 active'])
    expect(await audited()).toEqual(['secret_key.generated pepper/2'])
  })

  test('of many who rotate at once one does', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => rotate('data')))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await statesOf('data')).toEqual(['1 active', '2 pending'])
    expect(await audited()).toEqual(['secret_key.generated data/2'])
  })

  test('only what is old and what no row needs is destroyed', async () => {
    await expect(destroy('fingerprint')).rejects.toMatchObject({ code: 'wrong_state' })
    await rotate('fingerprint')
    await rotate('pepper')
    await expect(destroy('fingerprint')).rejects.toMatchObject({ code: 'wrong_state' })
    await world.testClock.advance(lead)
    expect(await destroy('fingerprint', true)).toEqual([1])
    expect(await statesOf('fingerprint')).toEqual(['1 old', '2 active'])
    expect(await destroy('fingerprint')).toEqual([1])
    expect(await statesOf('fingerprint')).toEqual(['2 active'])
    await expect(destroy('pepper')).rejects.toMatchObject({ code: 'wrong_state' })
    expect(await statesOf('pepper')).toEqual(['1 old', '2 active'])
  })
})
