import { ensureAuditPartitions } from '@iam/domain/audit'
import type { Db } from '@iam/domain/db'
import { holdLease } from '@iam/domain/lease'
import { loadSecretKeys, SecretRings, unseal, type SecretPurpose } from '@iam/domain/secret-key'
import { testWrapping } from '@iam/testkit/kms'
import { logIn, openWorld, rotateSecret, systemTenant, testDeployment, type World } from '@iam/testkit/world'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { tendSecrets } from './tend-secrets.ts'

const day = 86_400
const lead = 60
/** Three stand for all: one that time ends, one that hashes need, one whose keys are sealed anew. */
const rotation = {
  'token-tag': 'off',
  fingerprint: 'off',
  'one-time': 'off',
  audit: 'off',
  'refresh-box': 300 * day,
} as const
const turning: readonly SecretPurpose[] = ['refresh-box', 'pepper', 'data']

type Calls = { readonly before: () => void; readonly after: () => void }
const sound: Calls = { before: () => undefined, after: () => undefined }

/** Lets so many calls through, and fails one. */
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

let world: World

interface Round {
  readonly calls?: Calls
  readonly owner?: string
  readonly wrapping?: typeof testWrapping
}

/** One round of the secrets' work, as iam-worker does it. */
async function round({ calls = sound, owner = 'worker', wrapping = testWrapping }: Round = {}) {
  const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner, ttl: 30 })
  if (lease === undefined) return false
  const faulty = async <T>(call: () => Promise<T>): Promise<T> => {
    calls.before()
    const done = await call()
    calls.after()
    return done
  }
  const deps = {
    db: { ...world.workerDb, kysely: world.workerDb.kysely.withPlugin(failing(calls)) } as Db,
    clock: world.clock,
    lease,
    systemTenantId: await systemTenant(world),
    deployment: testDeployment,
    secrets: new SecretRings(),
    wrapping: {
      wrap: (...given: Parameters<typeof testWrapping.wrap>) => faulty(() => wrapping.wrap(...given)),
      unwrap: (...given: Parameters<typeof testWrapping.unwrap>) => faulty(() => wrapping.unwrap(...given)),
    },
    log: { info: () => undefined, error: () => undefined },
  }
  return tendSecrets(deps, { lead, rotation })
}

async function versionsOf(purpose: SecretPurpose): Promise<number[]> {
  const rows = world.admin.selectFrom('iam.secret_key').select('version').where('purpose', '=', purpose)
  return (await rows.orderBy('version').execute()).map(({ version }) => version)
}

async function newest() {
  const all = await Promise.all(turning.map((purpose) => versionsOf(purpose)))
  return all.map((versions) => versions.at(-1) ?? 0)
}

async function keyVersions(): Promise<number[]> {
  const rows = await world.admin.selectFrom('iam.user_key').select('data_key_version').execute()
  return rows.map((row) => row.data_key_version)
}

/** What holds at any moment, however a round ended. */
async function expectLegal(): Promise<void> {
  const secrets = new SecretRings()
  const loading = { db: world.db, wrapping: testWrapping, deployment: testDeployment, secrets }
  expect(await loadSecretKeys(loading)).toEqual([])
  expect(secrets.isComplete(world.clock())).toBe(true)
  const keys = await world.admin
    .selectFrom('iam.user_key')
    .select(['user_id', 'data_key_version', 'sealed'])
    .execute()
  for (const { user_id: userId, data_key_version: version, sealed } of keys) {
    const dataKey = secrets.of('data').byVersion(version)
    expect(dataKey && unseal(dataKey, sealed, userId)).toHaveLength(32)
  }
  const peppers = await versionsOf('pepper')
  const hashes = await world.admin.selectFrom('iam.credential').select('pepper_version').execute()
  for (const { pepper_version: version } of hashes) expect(peppers).toContain(version)
  expect(await untold()).toEqual([])
}

/** Versions that audit does not tell of, or tells of twice. */
async function untold(): Promise<string[]> {
  const audited = await world.admin
    .selectFrom('iam.audit_event')
    .select('target_id')
    .where('action', '=', 'secret_key.generated')
    .execute()
  const names = audited.map((row) => row.target_id ?? '')
  const rows = await world.admin.selectFrom('iam.secret_key').select(['purpose', 'version']).execute()
  // The first audit key was there before anything could be told.
  const told = [...names, 'audit/1']
  const missing = rows.map((row) => `${row.purpose}/${row.version}`).filter((name) => !told.includes(name))
  return [...missing, ...names.filter((name, n) => names.indexOf(name) !== n)]
}

/** So many days go by, and upkeep makes the partitions of audit that they need. */
async function pass(days: number): Promise<void> {
  await world.testClock.advance(days * day)
  await ensureAuditPartitions(world.workerDb.kysely, 3)
}

/** The rounds of a worker to which nothing happens, until nothing is left to do at this time. */
async function settled(): Promise<void> {
  await world.testClock.advance(31)
  while (await round()) await expectLegal()
  await world.testClock.advance(lead)
  while (await round()) await expectLegal()
}

describe('the secrets, whatever fails on the way', () => {
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    await settled()
  })
  afterAll(() => world.close())

  test.each(['before', 'after'] as const)(
    'a fault %s any one call leaves a legal state, and the next round goes on',
    async (when) => {
      for (let at = 1, isOver = false; !isOver; at += 1) {
        const before = await newest()
        await pass(366)
        const fault = new FaultAt(at)
        const calls = { ...sound, [when]: fault.pass }
        const failed = await round({ calls }).then(
          () => false,
          () => true,
        )
        isOver = !fault.hasStruck
        expect(failed).toBe(!isOver)
        await expectLegal()
        await settled()
        await expectLegal()
        expect(await newest()).toEqual(before.map((version) => version + 1))
        expect(new Set(await keyVersions())).toEqual(new Set([(before[2] ?? 0) + 1]))
        if (isOver) expect(at).toBeGreaterThan(20)
      }
    },
    600_000,
  )

  test('two workers at once make one version of each', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const before = await newest()
      await pass(366)
      await Promise.allSettled([round({ owner: 'one' }), round({ owner: 'other' })])
      await expectLegal()
      await settled()
      expect(await newest()).toEqual(before.map((version) => version + 1))
    }
  })
})

describe('an old version', () => {
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    await settled()
    await pass(366)
    await settled()
  })
  afterEach(() => world.close())

  test('of the data key goes when its time is over, and everybody’s key is sealed anew', async () => {
    expect(await versionsOf('data')).toEqual([1, 2])
    expect(new Set(await keyVersions())).toEqual(new Set([2]))
    await pass(90)
    await settled()
    expect(await versionsOf('data')).toEqual([1, 2])
    await pass(1)
    await settled()
    expect(await versionsOf('data')).toEqual([2])
  })

  test('stays while the key-management service does not open the one that took over', async () => {
    await pass(92)
    const away = { ...testWrapping, unwrap: () => Promise.reject(new Error('KMS is away')) }
    await world.testClock.advance(31)
    await expect(round({ wrapping: away })).rejects.toThrow('KMS is away')
    expect(await versionsOf('data')).toEqual([1, 2])
    const refused = { ...testWrapping, unwrap: async () => undefined }
    await round({ wrapping: refused }).catch(() => undefined)
    expect(await versionsOf('data')).toEqual([1, 2])
    await settled()
    expect(await versionsOf('data')).toEqual([2])
  })

  test('cannot be destroyed under a row that names it, by anybody', async () => {
    const destroyed = world.admin
      .deleteFrom('iam.secret_key')
      .where('purpose', '=', 'pepper')
      .where('version', '=', 1)
      .execute()
    await expect(destroyed).rejects.toMatchObject({ code: '23503' })
  })
})

test('an old pepper stays while one hash needs it, and goes with the last', async () => {
  world = await openWorld(inject('services'))
  try {
    await settled()
    await rotateSecret(world, 'pepper')
    await logIn(world)
    await world.passwordReport('rehashed')
    await pass(1)
    await settled()
    expect(await versionsOf('pepper')).toEqual([1, 2])
    // The other tenant's person never came back, and is forgotten.
    await world.admin.deleteFrom('iam.credential').where('tenant_id', '=', world.globex).execute()
    await settled()
    expect(await versionsOf('pepper')).toEqual([2])
    await loadSecretKeys({
      db: world.db,
      wrapping: testWrapping,
      deployment: testDeployment,
      secrets: world.secrets,
    })
    expect((await logIn(world)).session.id).toBeDefined()
  } finally {
    await world.close()
  }
})

test('a version that does not open again after it was wrapped is not stored', async () => {
  world = await openWorld(inject('services'))
  try {
    await settled()
    await pass(366)
    const before = await newest()
    const broken = { ...testWrapping, wrap: async () => Buffer.alloc(60, 1) }
    await expect(round({ wrapping: broken })).rejects.toThrow('does not open again')
    expect(await newest()).toEqual(before)
    await settled()
    expect(await newest()).toEqual(before.map((version) => version + 1))
  } finally {
    await world.close()
  }
})

/** Fails a statement before it is sent, or after Postgres has answered it. */
function failing({ before, after }: Calls): Parameters<Db['kysely']['withPlugin']>[0] {
  return {
    transformQuery: ({ node }) => {
      before()
      return node
    },
    transformResult: async ({ result }) => {
      after()
      return result
    },
  }
}
