import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Db } from '../db/index.ts'
import type { AnchorSigner, KeySetClaims } from '../key-set/index.ts'
import { holdLease } from '../lease/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import { publishKeySet, tendSigningKeys, tokenLines, type SigningKeyPolicy } from './index.ts'

const hour = 3600
const policy: SigningKeyPolicy = {
  signFor: 5 * hour,
  verifyAfter: hour,
  activationLead: hour,
  announce: 60,
}

/** Lets so many calls through, fails one, and lets the others through. */
class FaultAt {
  calls = 0
  readonly #at: number

  constructor(at: number) {
    this.#at = at
  }

  /** @throws when it is this call's turn. */
  readonly pass = (): void => {
    this.calls += 1
    if (this.calls === this.#at) throw new Error('an injected fault')
  }

  get hasStruck(): boolean {
    return this.calls >= this.#at
  }
}

/** Every call of a round to Postgres, KMS and the object store fails once, before it takes effect or after. */
describe('signing keys, whatever fails on the way', () => {
  let world: World
  let systemTenantId: `ten_${string}`
  const stored: { body: Buffer; generation: number } = { body: Buffer.alloc(0), generation: 1 }
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    systemTenantId = (await findDirectoryEntry(world.workerDb.kysely, 'system'))?.tenantId ?? 'ten_none'
    const last = world.admin.selectFrom('iam.key_set_version').select('document').orderBy('version', 'desc')
    stored.body = Buffer.from((await last.executeTakeFirstOrThrow()).document)
  })
  afterAll(() => world.close())

  /** One round of the keys' work, as iam-worker does it. */
  async function round(fault: FaultAt, when: 'before' | 'after', owner = 'worker'): Promise<void> {
    const faulty = async <T>(call: () => Promise<T>): Promise<T> => {
      if (when === 'before') fault.pass()
      const done = await call()
      if (when === 'after') fault.pass()
      return done
    }
    const signer = (by: AnchorSigner): AnchorSigner => ({
      ...by,
      sign: (bytes) => faulty(() => by.sign(bytes)),
    })
    const db = { ...world.workerDb, kysely: world.workerDb.kysely.withPlugin(failing(fault, when)) } as Db
    const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner, ttl: 30 })
    if (lease === undefined) return
    const common = {
      db,
      clock: world.clock,
      lease,
      systemTenantId,
      deployment: testDeployment,
      lines: tokenLines(['ES256'], {
        wrap: (...given: Parameters<typeof testWrapping.wrap>) => faulty(() => testWrapping.wrap(...given)),
      }),
      endorser: signer(testAnchors.endorser),
      publisher: signer(testAnchors.publisher),
    }
    await tendSigningKeys({ ...common, policy, servedKids: async () => new Set() })
    const keySetStore = {
      read: () => faulty(async () => ({ body: stored.body, generation: String(stored.generation) })),
      write: (document: Buffer, ifGeneration: string) =>
        faulty(async () => {
          if (ifGeneration !== String(stored.generation)) throw new Error('changed meanwhile')
          stored.body = document
          stored.generation += 1
        }),
    }
    await publishKeySet({ ...common, keySetStore, lifetime: 72 * hour, resignAfter: hour })
  }

  async function keys() {
    return world.admin
      .selectFrom('iam.signing_key')
      .select(['id', 'kid', 'state', 'published_at', 'activate_at'])
      .execute()
  }

  const publishedKids = (): string[] => {
    const payload = Buffer.from(stored.body.toString().split('.')[1] ?? '', 'base64url').toString()
    return (JSON.parse(payload) as KeySetClaims).keys.map(({ kid }) => kid)
  }

  /** What holds at any moment, however a round ended. */
  async function expectLegal(): Promise<void> {
    const all = await keys()
    const of = (...states: string[]) => all.filter(({ state }) => states.includes(state))
    expect(of('active').length).toBeGreaterThanOrEqual(1)
    // The one that signs, the one that is announced, and one that a round had no time to retire.
    expect(of('active').length).toBeLessThanOrEqual(3)
    expect(of('pending', 'published').length).toBeLessThanOrEqual(1)
    for (const key of of('published', 'active', 'retiring')) {
      expect(key.published_at).not.toBeNull()
      expect(publishedKids()).toContain(key.kid)
    }
    for (const key of of('active')) expect(key.activate_at).not.toBeNull()
    expect(await untold()).toEqual([])
  }

  /** Keys whose state nothing in the audit trail explains, or whose events are missing. */
  async function untold(): Promise<string[]> {
    const audited = await world.admin.selectFrom('iam.audit_event').select(['target_id', 'action']).execute()
    const told = await world.admin.selectFrom('iam.outbox').select(['type', 'payload']).execute()
    const steps = {
      pending: 'generated',
      published: 'published',
      active: 'activated',
      retired: 'retired',
    } as const
    return (await keys())
      .filter(({ id, kid, state }) => {
        const step = steps[state as keyof typeof steps]
        if (step === undefined) return false
        const isAudited = audited.some((row) => row.target_id === id && row.action === `signing_key.${step}`)
        const isTold = told.some(
          (row) => row.type === `signing_key.${step}` && (row.payload as { kid?: string }).kid === kid,
        )
        return !isAudited || (step !== 'generated' && !isTold)
      })
      .map(({ id, state }) => `${id} is ${state}`)
  }

  const activations = async () =>
    (
      await world.admin
        .selectFrom('iam.outbox')
        .select('type')
        .where('type', '=', 'signing_key.activated')
        .execute()
    ).length

  test.each(['before', 'after'] as const)(
    'a fault %s any one call leaves a legal state, and the next round goes on',
    async (when) => {
      for (let at = 1, isOver = false; !isOver; at += 1) {
        // A rotation is due in every round: its turn has come, and the standby has been known for long.
        await world.testClock.advance(2 * hour + 60)
        const before = await activations()
        const fault = new FaultAt(at)
        const failed = await round(fault, when).then(
          () => false,
          () => true,
        )
        isOver = !fault.hasStruck
        expect(failed).toBe(!isOver)
        await expectLegal()
        await round(new FaultAt(Infinity), when)
        await expectLegal()
        expect((await activations()) - before).toBe(1)
        const after = (await keys()).map(({ state }) => state)
        expect(after.filter((state) => state === 'published')).toHaveLength(1)
        expect(after.filter((state) => state === 'active').length).toBeLessThanOrEqual(2)
        if (isOver) expect(at).toBeGreaterThan(20)
      }
    },
    300_000,
  )

  test('two workers at once make one rotation', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      await world.testClock.advance(2 * hour + 60)
      const before = await activations()
      const none = new FaultAt(Infinity)
      await Promise.allSettled([round(none, 'before', 'one'), round(none, 'before', 'other')])
      await expectLegal()
      expect((await activations()) - before).toBe(1)
    }
  })
})

/** Fails a statement before it is sent, or after Postgres has answered it. */
function failing(fault: FaultAt, when: 'before' | 'after'): KyselyPlugin {
  return {
    transformQuery: ({ node }) => {
      if (when === 'before') fault.pass()
      return node
    },
    transformResult: async ({ result }) => {
      if (when === 'after') fault.pass()
      return result
    },
  }
}
