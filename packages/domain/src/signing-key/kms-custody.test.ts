import { openKmsCustody, type KmsCustody } from '@iam/testkit/kms-custody'
import { testWrapping } from '@iam/testkit/kms'
import { openWorld, type World } from '@iam/testkit/world'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { compromiseSigningKey, tokenLines } from './index.ts'

const service = 'KeyManagementService'
const day = 86_400
const settings = { signFor: 7 * day, verifyAfter: 2 * day, leastLead: 0, verifierCache: 0, announce: 0 }

describe('signing keys in custody of KMS', () => {
  let world: World
  let custody: KmsCustody
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    custody = await openKmsCustody(world)
    await custody.moveIn()
  })
  afterEach(() => custody.emulator.faults.clear())
  afterAll(async () => {
    await custody.close()
    await world.close()
  })

  const stateOf = async (version: string | null | undefined) =>
    (await custody.kms.versions.get(version ?? '')).state
  const signs = async () => {
    await custody.load()
    return world.signingKeys.signer(world.clock())?.kid
  }
  const inState = async (state: string) => (await custody.keys()).filter((key) => key.state === state)
  /** Rounds until the line has a standby again, whatever KMS takes. */
  const untilStandby = () =>
    expect
      .poll(
        async () => {
          await custody.round()
          return (await inState('published')).length
        },
        { timeout: 120_000 },
      )
      .toBe(1)

  test('a key is a version of its own, and its row holds no private half', async () => {
    const keys = (await custody.keys()).filter((key) => key.custody === 'kms')
    expect(keys.length).toBeGreaterThan(0)
    expect(new Set(keys.map((key) => key.kms_version)).size).toBe(keys.length)
    for (const key of keys) {
      expect(key.wrapped).toBeNull()
      expect(await stateOf(key.kms_version)).toBe('ENABLED')
    }
  })

  test('keys of both custodies stand in one set and follow one another by the same rules', async () => {
    await untilStandby()
    const wrapped = tokenLines(['ES256'], testWrapping)
    const first = await signs()
    await custody.rotate() // the standby that is in KMS
    await custody.round({ lines: wrapped })
    const second = await signs()
    expect(second).not.toBe(first)
    await custody.round({ lines: wrapped })
    await custody.rotate() // and the one that was made since, which is not
    await custody.round({ lines: wrapped })
    const third = await signs()
    expect((await custody.keys()).find(({ kid }) => kid === third)?.custody).toBe('wrapped')
    for (const kid of [first, second, third]) {
      expect(world.signingKeys.byKid(kid ?? '')).toBeDefined()
      expect(publishedKids()).toContain(kid)
    }
    await custody.moveIn()
  })

  function publishedKids(): string[] {
    const payload = Buffer.from(custody.published().split('.')[1] ?? '', 'base64url').toString()
    return (JSON.parse(payload) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
  }

  test('C14: a key that is retired is destroyed, and its version with it', async () => {
    await untilStandby()
    const active = (await inState('active')).at(-1)
    await custody.rotate()
    await world.testClock.advance(10 * day) // past the end of everything that is there
    await untilStandby()
    await custody.round()
    const now = (await custody.keys()).find(({ id }) => id === active?.id)
    expect(now).toMatchObject({ state: 'destroyed', wrapped: null })
    expect(now?.kms_version_ended_at).not.toBeNull()
    expect(await stateOf(active?.kms_version)).toBe('DESTROY_SCHEDULED')
    const audit = await world.admin
      .selectFrom('iam.audit_event')
      .select('action')
      .where('target_id', '=', active?.id ?? '')
      .where('action', '=', 'signing_key.destroyed')
      .execute()
    expect(audit).toHaveLength(1)
    // A key that was wrapped is forgotten alike.
    const ended = (await custody.keys()).filter(({ custody: where, state }) => {
      return where === 'wrapped' && state === 'destroyed'
    })
    expect(ended.length).toBeGreaterThan(0)
    for (const key of ended) expect(key.wrapped).toBeNull()
    await custody.moveIn()
  })

  test('a key that is given up is disabled in KMS, at once or as soon as KMS is back', async () => {
    for (const isAway of [false, true]) {
      await untilStandby()
      const kid = (await signs()) ?? ''
      const key = (await custody.keys()).find((each) => each.kid === kid)
      if (isAway) custody.emulator.faults.inject({ service, code: 'UNAVAILABLE' })
      const deps = { ...custody.operator, settings, keyVersions: custody.kms.versions }
      const given = await compromiseSigningKey(deps, { kid })
      expect(given.isDisabledInKms).toBe(!isAway)
      expect(await signs()).toBe(given.signer)
      expect(world.signingKeys.byKid(kid)).toBeUndefined()
      custody.emulator.faults.clear()
      await world.testClock.advance(60) // the breaker's pause
      await custody.round()
      expect(await stateOf(key?.kms_version)).toBe('DISABLED')
      const now = (await custody.keys()).find((each) => each.kid === kid)
      expect(now).toMatchObject({ state: 'compromised' })
      expect(now?.kms_version_ended_at).not.toBeNull()
    }
  })

  test('a version whose maker was cut off is taken before another is made', async () => {
    await untilStandby()
    const { kms, keyName, keys } = custody
    const orphan = await kms.versions.create(keyName)
    const made = custody.calls('CreateCryptoKeyVersion')
    await custody.rotate()
    await untilStandby()
    expect((await keys()).filter(({ state }) => state === 'published')[0]?.kms_version).toBe(orphan.name)
    expect(custody.calls('CreateCryptoKeyVersion')).toBe(made)
  })

  test.each([false, true])(
    'whatever call to KMS fails (after its effect: %s), the next rounds go on',
    async (afterEffect) => {
      const methods = [
        'ListCryptoKeyVersions',
        'CreateCryptoKeyVersion',
        'GetPublicKey',
        'DestroyCryptoKeyVersion',
        'UpdateCryptoKeyVersion',
      ]
      for (const method of methods) {
        await untilStandby()
        const kid = (await signs()) ?? ''
        const before = custody.calls(method)
        const fault = { service, method, code: 'UNAVAILABLE', afterEffect, calls: 1 } as const
        custody.emulator.faults.inject(fault)
        if (method === 'UpdateCryptoKeyVersion') {
          const deps = { ...custody.operator, settings, keyVersions: custody.kms.versions }
          expect((await compromiseSigningKey(deps, { kid })).isDisabledInKms).toBe(false)
        } else {
          await custody.rotate()
          if (method === 'DestroyCryptoKeyVersion') await world.testClock.advance(10 * day)
        }
        let failures = 0
        await expect
          .poll(
            async () => {
              await custody.round().catch(() => (failures += 1))
              await expectLegal()
              return (await inState('published')).length === 1 && (await inState('retired')).length === 0
            },
            { timeout: 120_000 },
          )
          .toBe(true)
        expect(custody.calls(method)).toBeGreaterThan(before)
        if (method !== 'UpdateCryptoKeyVersion') expect(failures).toBe(1)
        custody.emulator.faults.clear()
        await world.testClock.advance(60)
      }
      await expectNoOrphans()
    },
  )

  /** What holds at any moment, however a round ended. */
  async function expectLegal(): Promise<void> {
    const all = await custody.keys()
    const of = (...states: string[]) => all.filter(({ state }) => states.includes(state))
    expect(of('active').length).toBeGreaterThanOrEqual(1)
    expect(of('pending', 'published').length).toBeLessThanOrEqual(1)
    for (const key of of('published', 'active', 'retiring')) {
      expect(publishedKids()).toContain(key.kid)
      if (key.kms_version !== null) expect(await stateOf(key.kms_version)).toBe('ENABLED')
    }
    for (const key of of('destroyed')) {
      if (key.kms_version !== null) expect(await stateOf(key.kms_version)).toBe('DESTROY_SCHEDULED')
    }
  }

  /** Versions that were made and not heard of become keys in the end, one after the other. */
  async function expectNoOrphans(): Promise<void> {
    const unknown = async () => {
      const taken = (await custody.keys()).map((key) => key.kms_version)
      return (await custody.kms.versions.list(custody.keyName)).filter(({ name }) => !taken.includes(name))
    }
    for (let turns = (await unknown()).length; turns > 0; turns -= 1) {
      await custody.rotate()
      await untilStandby()
    }
    expect(await unknown()).toEqual([])
  }
})
