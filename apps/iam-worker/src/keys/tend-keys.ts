import type { Db } from '@iam/domain/db'
import { settle, type Clock } from '@iam/domain/kit'
import type { AnchorSigner, KeySetClaims } from '@iam/domain/key-set'
import { holdLease } from '@iam/domain/lease'
import type { KeyWrapping, SecretRings } from '@iam/domain/secret-key'
import {
  publishKeySet,
  purgeKeySet,
  tendSigningKeys,
  statusLine,
  tokenLines,
  type KeySetStore,
  type PublishKeySet,
} from '@iam/domain/signing-key'
import type { Cdn } from '@iam/platform/cdn'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { signKeysIn, type Kms } from '@iam/platform/kms'
import type { Logger } from '@iam/platform/logging'
import type { Config } from '../config.ts'
import { readRegions } from './read-regions.ts'
import { servedKids } from './served-kids.ts'
import { tendSecrets } from './tend-secrets.ts'

export interface KeysDeps {
  readonly db: Db
  readonly clock: Clock
  readonly owner: string
  /** Of secrets. What wraps keys of tokens is another, by which nothing is unwrapped here. */
  readonly wrapping: KeyWrapping
  readonly tokenWrapping: Pick<KeyWrapping, 'wrap'>
  readonly statusWrapping: Pick<KeyWrapping, 'wrap'>
  readonly secrets: SecretRings
  readonly log: Pick<Logger, 'info' | 'error'>
  /** Where keys are that never leave it. */
  readonly kms: Pick<Kms, 'versions' | 'publicKey'>
  readonly endorser: AnchorSigner
  readonly publisher: AnchorSigner
  readonly spare: () => Promise<AnchorSigner>
  readonly keySetStore: KeySetStore
  readonly historyStore: KeySetStore
  /** Undefined where nothing in front of us has to be told. */
  readonly cdn: Cdn | undefined
  readonly purgeFailed: (error: unknown) => void
  /** Told how the reading of another region went: with nothing, when well. */
  readonly regionFailed: (region: string, fault: string | undefined) => void
  /** Told when instances should look at the keys again. */
  readonly keysChanged: () => void
}

/** The part of the configuration that the keys' work goes by. */
export type KeysConfig = Pick<
  Config,
  | 'deployment'
  | 'regions'
  | 'signingKeys'
  | 'signingAlgs'
  | 'signKey'
  | 'secretRotation'
  | 'jwksUrl'
  | 'historySeconds'
  | 'keySet'
  | 'cdn'
>

const leaseSeconds = 30

/**
 * One round of the keys' work, by the one worker that holds the lease: what secrets and signing keys need, then
 * the key set if it changed or is due. @returns whether this worker is the one.
 */
export async function tendKeys(deps: KeysDeps, config: KeysConfig): Promise<boolean> {
  const { kysely } = deps.db
  const lease = await holdLease(kysely, { name: 'keys', owner: deps.owner, ttl: leaseSeconds })
  if (lease === undefined) return false
  const system = await findDirectoryEntry(kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant yet: run `iam bootstrap` first.')
  const common = { ...deps, deployment: config.deployment, lease, systemTenantId: system.tenantId }
  const { announce: lead } = config.signingKeys
  // What keeps secrets or keys from being tended keeps no key set back: it may be without one that was given up.
  const secrets = await settle([tendSecrets(common, { lead, rotation: config.secretRotation })])
  const policy = config.signingKeys
  const lines = [
    ...tokenLines(config.signingAlgs, deps.tokenWrapping, signKeysIn(deps.kms, config.signKey)),
    statusLine(deps.statusWrapping),
  ]
  const lives = { policy, lines, keyVersions: deps.kms.versions }
  const signing = await settle([
    tendSigningKeys({ ...common, ...lives, servedKids: () => servedKids(config.jwksUrl) }),
  ])
  const published = await publish(deps, config, common)
  const isChanged = signing.failure !== undefined || signing.done.some((steps) => steps.length > 0)
  if (secrets.done.includes(true) || isChanged || published !== undefined) deps.keysChanged()
  if (deps.cdn !== undefined) await purge(deps, deps.cdn, config)
  const failure = signing.failure ?? secrets.failure
  if (failure !== undefined) throw failure.reason
  return true
}

/** Publishes the key set, with what other regions add to it, and the keys that have ended. */
async function publish(
  deps: KeysDeps,
  config: KeysConfig,
  common: Pick<PublishKeySet, 'lease' | 'systemTenantId'>,
): Promise<KeySetClaims | undefined> {
  const { deployment, regions, signingKeys: policy } = config
  if (regions !== undefined) await readRegions(deps, regions, deps.clock())
  const history = { store: deps.historyStore, keepFor: config.historySeconds }
  const others = regions === undefined ? {} : { regions: regions.pins }
  return publishKeySet({ ...deps, ...common, deployment, policy, history, ...others, ...config.keySet })
}

/** Nothing waits for a CDN: what it was not told is due in the next round. */
async function purge(
  { db, purgeFailed }: KeysDeps,
  cdn: Cdn,
  { deployment, cdn: settings }: KeysConfig,
): Promise<void> {
  await purgeKeySet({ db, deployment, cdn, purgeAfter: settings.purgeAfter }).catch(purgeFailed)
}
