import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { hashPassword } from '@iam/domain/credential'
import { inTenant } from '@iam/domain/db'
import type { Id } from '@iam/domain/kit'
import { holdLease, releaseLease, type HeldLease } from '@iam/domain/lease'
import { inboxDeadLetterSubscription, inboxSubscriptions } from '@iam/domain/inbox'
import { topics } from '@iam/domain/outbox'
import { ensureAuditKey, tendSecretKeys } from '@iam/domain/secret-key'
import { secretUses } from '@iam/domain/secret-use'
import {
  keySetStoreIn,
  listSigningKeys,
  publishKeySet,
  signingKeyPolicy,
  tendSigningKeys,
  statusLine,
  tokenLines,
} from '@iam/domain/signing-key'
import { createTenant, findDirectoryEntry, systemTenantSlug } from '@iam/domain/tenant'
import { hasRole } from '@iam/domain/role'
import { createUser } from '@iam/domain/user'
import { keyWrapping, signKeysIn } from '@iam/platform/kms'
import { openObjectStore } from '@iam/platform/object-store'
import { openPublisher, openSubscriber } from '@iam/platform/pubsub'
import type { Config } from '../config.ts'
import { ensureKmsKeys } from '../kms/ensure-kms-keys.ts'
import { openAnchors, type Anchors } from '../kms/open-anchors.ts'
import type { OperatorDeps } from '../operator-deps.ts'

export interface Bootstrapped {
  /** To be pinned in the configuration of those who verify: comma-separated thumbprints, as the variables take them. */
  readonly anchors: { readonly jwks: string; readonly endorsement: string; readonly audit: string }
  readonly systemTenant: { readonly id: string; readonly slug: string }
  /** The password is there only on the run that made the account: it is shown once and stored nowhere. */
  readonly operator: { readonly email: string; readonly password?: string }
}

type Say = (line: string) => void

const operatorEmail = 'operator@system.example'

/**
 * Prepares an empty deployment: KMS keys, topics and subscriptions, the system tenant, secrets, an operator, the first signing key
 * and the first key-set document. Run again, it does what is missing and changes nothing that is there.
 */
export async function bootstrap(deps: OperatorDeps, config: Config, say: Say): Promise<Bootstrapped> {
  await ensureKmsKeys(config.kms, config.signingAlgs)
  say('KMS keys are there')
  const anchors = await openAnchors(deps, config)
  await ensureTopics(config)
  say('Topics and subscriptions are there')
  await ensureAuditKey({ ...deps, deployment: config.deployment })
  await deps.loadSecrets()
  const systemTenantId = await ensureSystemTenant(deps, config)
  say('System tenant is there')
  // From the first key set on they are iam-worker's alone: it knows of other regions, and of instances to wait for.
  const { keys } = await listSigningKeys(deps.db.kysely)
  if (!keys.some(({ state }) => state !== 'pending'))
    await withKeysLease(deps, say, (lease) => tendKeys(deps, config, { anchors, lease, systemTenantId }))
  say('Secrets, first signing key and first key set are there')
  const operator = await ensureOperator(deps, systemTenantId)
  return {
    anchors: {
      jwks: `${anchors.publisher.kid},${anchors.spare.kid}`,
      endorsement: anchors.endorser.kid,
      audit: anchors.auditor.kid,
    },
    systemTenant: { id: systemTenantId, slug: systemTenantSlug },
    operator,
  }
}

async function ensureTopics(config: Config): Promise<void> {
  const { endpoint, namespace } = config.pubsub
  const options = { projectId: config.deployment.project, endpoint }
  const publisher = await openPublisher(options)
  const subscriber = await openSubscriber(options)
  try {
    for (const topic of topics(namespace)) await publisher.ensureTopic(topic)
    // Without a subscription of its own, what is put aside would be lost.
    for (const wanted of [
      ...inboxSubscriptions(namespace, config.deployment.region),
      inboxDeadLetterSubscription(namespace),
    ])
      await subscriber.ensureSubscription(wanted)
  } finally {
    await publisher.close()
    await subscriber.close()
  }
}

async function ensureSystemTenant(deps: OperatorDeps, config: Config): Promise<Id<'ten'>> {
  const found = await findDirectoryEntry(deps.db.kysely, systemTenantSlug)
  if (found !== undefined) return found.tenantId
  const made = await createTenant(deps, {
    slug: systemTenantSlug,
    name: 'System',
    region: config.deployment.region,
    audience: config.audience,
    policy: { selfRegistration: false },
  })
  if (made === undefined) throw new Error('Another bootstrap runs at the same time: run this one again.')
  return made
}

/** Does the keys' work under their lease. Where a worker holds it, the keys are tended already. */
async function withKeysLease(
  deps: OperatorDeps,
  say: Say,
  work: (lease: HeldLease) => Promise<void>,
): Promise<void> {
  const owner = `bootstrap-${randomBytes(4).toString('hex')}`
  const lease = await holdLease(deps.db.kysely, { name: 'keys', owner, ttl: 60 })
  if (lease === undefined) {
    say('A worker tends the keys already')
    return
  }
  try {
    await work(lease)
  } finally {
    await releaseLease(deps.db.kysely, lease)
  }
}

const documentLifetime = 72 * 3600
const resignAfter = 3600
const mostRounds = 120

async function tendKeys(
  deps: OperatorDeps,
  config: Config,
  { anchors, lease, systemTenantId }: { anchors: Anchors; lease: HeldLease; systemTenantId: Id<'ten'> },
): Promise<void> {
  const { deployment, store } = config
  const policy = signingKeyPolicy(config.signingKeys)
  const common = { ...deps, deployment, lease, systemTenantId }
  await tendSecretKeys({ ...common, lead: 0, rotation: {}, uses: secretUses })
  // Nothing is activated here: that waits until iam-jwks is seen to serve the document.
  const servedKids = async () => new Set<string>()
  const tokenWrapping = keyWrapping(deps.kms, config.kms.wrapKey)
  const statusWrapping = keyWrapping(deps.kms, config.kms.statusWrapKey)
  const lines = [
    ...tokenLines(config.signingAlgs, tokenWrapping, signKeysIn(deps.kms, config.kms.signKey)),
    statusLine(statusWrapping),
  ]
  const { endorser } = anchors
  await untilMade(deps, lines.length, () =>
    tendSigningKeys({ ...common, endorser, policy, lines, servedKids }),
  )
  const objects = await openObjectStore(store)
  await publishKeySet({
    ...common,
    publisher: anchors.publisher,
    spare: async () => anchors.spare,
    keySetStore: keySetStoreIn(objects),
    history: { store: keySetStoreIn(objects, 'history'), keepFor: documentLifetime },
    lifetime: documentLifetime,
    resignAfter,
  })
}

/** Keys in KMS are generated in its own time: a round that finds one being generated makes nothing of it. */
async function untilMade({ db }: OperatorDeps, lines: number, tend: () => Promise<unknown>): Promise<void> {
  for (let rounds = 0; rounds < mostRounds; rounds += 1) {
    await tend()
    const { keys } = await listSigningKeys(db.kysely)
    if (keys.length >= lines) return
    await sleep(1000)
  }
  throw new Error('KMS has not generated the first signing keys: run `iam bootstrap` again.')
}

async function ensureOperator(deps: OperatorDeps, tenantId: Id<'ten'>): Promise<Bootstrapped['operator']> {
  const email = operatorEmail
  const exists = await inTenant(deps.db, { tenantId }, (tx) => hasRole(tx, tenantId, 'platform.operator'))
  if (exists) return { email }
  await deps.loadSecrets()
  const password = randomBytes(18).toString('base64url')
  const hashed = await hashPassword(deps, { tenantId, password })
  await createUser(deps, { tenantId, email, password: hashed, role: 'platform.operator' })
  return { email, password }
}
