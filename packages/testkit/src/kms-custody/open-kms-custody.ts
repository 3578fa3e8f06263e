import { Admission, type AdmissionLimits } from '@iam/domain/admission'
import type { SigningAlg } from '@iam/domain/key-set'
import { holdLease } from '@iam/domain/lease'
import {
  loadSigningKeys,
  publishKeySet,
  RecentTokens,
  rotateSigningKey,
  SigningPace,
  tendSigningKeys,
  tokenLines,
  type KmsSigning,
  type TendSigningKeys,
} from '@iam/domain/signing-key'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { startGoogleEmulator } from '@iam/emulator/google'
import { KmsError, openKms, signKeysIn, type Kms } from '@iam/platform/kms'
import { testAnchors, testWrapping } from '../kms/index.ts'
import { testDeployment, type World } from '../world/index.ts'
import { makeSigningKey } from './make-signing-key.ts'

export interface KmsCustodyOptions {
  readonly alg?: SigningAlg
  readonly limits?: Partial<AdmissionLimits>
  /** Milliseconds by which breaker, pace and recent tokens go; the world's clock by default. */
  readonly monotonic?: () => number
}

/** Signing keys of a world in the emulator's KMS. */
export type KmsCustody = Awaited<ReturnType<typeof openKmsCustody>>

const policy = { signFor: 604_800, verifyAfter: 172_800, activationLead: 0, announce: 0 }
const usualLimits = { concurrency: 4, waiting: 1000, waitingPerTenant: 1000, deadline: 30_000 }
const mostRounds = 50

/** A KMS with a key for signing keys, and what the keys' worker and iam-api do with it. End it with `close`. */
export async function openKmsCustody(world: World, options: KmsCustodyOptions = {}) {
  const { alg = 'ES256', monotonic = world.monotonic } = options
  const emulator = await startGoogleEmulator()
  const keyName = await makeSigningKey(emulator.port, alg)
  const kms = await openKms({ endpoint: emulator.endpoint, attempts: 1, deadlineMs: 20_000, monotonic })
  const heard: unknown[] = []
  const signing = signingBy(kms, { ...options, monotonic, onFailure: (error) => void heard.push(error) })
  const worker = await workerOf(world, { kms, keyName, alg })
  const load = async () => {
    const endorsementAnchors = [testAnchors.endorser.kid]
    const common = { ...world, wrapping: testWrapping, deployment: testDeployment, endorsementAnchors }
    return loadSigningKeys({ ...common, kmsSigning: signing })
  }
  return {
    emulator,
    kms,
    keyName,
    signing,
    ...worker,
    load,
    /** Why KMS signed nothing, the first first. */
    heard,
    /** Goes on until a key in KMS signs, in this instance too. @returns its id. */
    moveIn: async (): Promise<string> => {
      const kid = await moveIn(worker)
      await load()
      return kid
    },
    /** How often KMS was asked. */
    calls: (method: string) => emulator.calls.of('KeyManagementService', method),
    close: async () => {
      kms.close()
      await emulator.stop()
    },
  }
}

function signingBy(
  kms: Kms,
  {
    limits,
    monotonic,
    onFailure,
  }: Pick<KmsCustodyOptions, 'limits'> & { monotonic: () => number; onFailure: KmsSigning['onFailure'] },
): KmsSigning {
  return {
    sign: (version, bytes) => kms.sign(version, bytes),
    isQuotaUsedUp: (error) => error instanceof KmsError && error.isQuotaUsedUp,
    admission: new Admission({ ...usualLimits, ...limits, refusal: 'temporarily_unavailable' }, monotonic),
    pace: new SigningPace(10_000, monotonic),
    recentTokens: new RecentTokens(monotonic),
    onFailure,
  }
}

type InKms = { readonly kms: Kms; readonly keyName: string; readonly alg: SigningAlg }

/** What iam-worker and the operator do. */
async function workerOf(world: World, { kms, keyName, alg }: InKms) {
  const { workerDb: db, clock } = world
  const systemTenantId = (await findDirectoryEntry(db.kysely, 'system'))?.tenantId ?? 'ten_none'
  const stored = { body: Buffer.alloc(0), generation: 0 }
  const keySetStore = {
    read: async () =>
      stored.generation === 0 ? undefined : { body: stored.body, generation: String(stored.generation) },
    write: async (body: Buffer) => void Object.assign(stored, { body, generation: stored.generation + 1 }),
  }
  const operator = { db, clock, systemTenantId, policy }
  return {
    operator,
    alg,
    /** The key set as it was last published. */
    published: () => stored.body.toString(),
    /** One round of the keys' work. */
    round: async (changes: Partial<TendSigningKeys> = {}) => {
      const lease = await holdLease(db.kysely, { name: 'keys', owner: 'worker', ttl: 30 })
      if (lease === undefined) throw new Error('not the leader')
      const { endorser, publisher } = testAnchors
      const keys = signKeysIn(kms, keyName.replace(/-[^-]*$/, ''))
      const lines = tokenLines([alg], testWrapping, keys)
      const common = { ...operator, lease, deployment: testDeployment, endorser }
      const servedKids = async () => new Set(await kidsOf(world))
      await tendSigningKeys({ ...common, lines, servedKids, keyVersions: kms.versions, ...changes })
      await publishKeySet({ ...common, publisher, keySetStore, lifetime: 259_200, resignAfter: 3600 })
    },
    /** The key that stands by signs from now on. */
    rotate: () => rotateSigningKey(operator, { alg }),
    keys: () =>
      world.admin
        .selectFrom('iam.signing_key')
        .select(['id', 'kid', 'state', 'custody', 'kms_version', 'kms_version_ended_at', 'wrapped'])
        .where('alg', '=', alg)
        .orderBy('created_at')
        .orderBy('id')
        .execute(),
  }
}

async function kidsOf(world: World): Promise<string[]> {
  const rows = await world.admin.selectFrom('iam.signing_key').select('kid').execute()
  return rows.map(({ kid }) => kid)
}

async function moveIn({ round, rotate, keys }: Awaited<ReturnType<typeof workerOf>>): Promise<string> {
  for (let rounds = 0; rounds < mostRounds; rounds += 1) {
    await round()
    const rows = await keys()
    const signs = rows.findLast(({ state }) => state === 'active')
    if (signs?.custody === 'kms') return signs.kid
    if (rows.some(({ state }) => state === 'published')) await rotate()
  }
  throw new Error('No key in KMS signs after so many rounds.')
}
