import { inTenant, run, streamKey, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { endLease } from '../lease/index.ts'
import type { SigningAlg } from '../key-set/index.ts'
import { isOfLine } from './line.ts'
import type { SigningKeyPolicy } from './plan-signing-keys.ts'
import { activateSigningKey, listSigningKeys, type SigningKeyRow } from './queries.ts'
import { recordKeyStep } from './tend-signing-keys.ts'

export type RotateSigningKey = {
  readonly db: Db
  readonly clock: Clock
  readonly systemTenantId: Id<'ten'>
  readonly policy: SigningKeyPolicy
}

/** What a rotation comes to. */
export interface Rotation {
  readonly kid: string
  /** When it signs, on every instance at the same moment. */
  readonly activateAt: Date
}

export interface RotateLine {
  /** Of which algorithm's keys for access tokens. */
  readonly alg: SigningAlg
  /** Changes nothing. */
  readonly dryRun?: boolean
}

/**
 * Lets the standby of a line sign before its turn. It must have been published for as long as any cache on the way to a
 * verifier may be without it.
 * @throws Refusal `wrong_state`, with the computation, while that is not so, and where there is no standby.
 */
export async function rotateSigningKey(
  deps: RotateSigningKey,
  { alg, dryRun = false }: RotateLine,
): Promise<Rotation> {
  const { keys, databaseTime } = await listSigningKeys(deps.db.kysely)
  const line = keys.filter((key) => isOfLine(key, { purpose: 'token', alg }))
  const standby = requireReady(line, databaseTime, deps.policy)
  const activateAt = new Date(databaseTime.getTime() + deps.policy.announce * 1000)
  if (!dryRun) await activate(deps, standby, activateAt)
  return { kid: standby.kid, activateAt }
}

function requireReady(keys: readonly SigningKeyRow[], now: Date, policy: SigningKeyPolicy): SigningKeyRow {
  const standby = keys.find(({ state }) => state === 'published')
  if (standby?.publishedAt == null)
    throw new Refusal('wrong_state', { detail: 'No standby is published yet: iam-worker makes one.' })
  const ready = new Date(standby.publishedAt.getTime() + policy.activationLead * 1000)
  if (ready <= now) return standby
  const detail =
    `The standby ${standby.kid} was published at ${standby.publishedAt.toISOString()}. Caches and verifiers may be ` +
    `without it for ${policy.activationLead} seconds, until ${ready.toISOString()}; a token that it signed earlier ` +
    `could be refused.`
  throw new Refusal('wrong_state', { detail })
}

async function activate(deps: RotateSigningKey, key: SigningKeyRow, activateAt: Date): Promise<void> {
  const { db, clock, systemTenantId: tenantId } = deps
  await inTenant(db, { tenantId, streams: [streamKey(tenantId, key.id)] }, async (tx) => {
    await endLease(tx, 'keys')
    if (!(await activateSigningKey(tx, key.id, activateAt)))
      throw new Refusal('wrong_state', { detail: 'The standby was activated meanwhile.' })
    const payload = { kid: key.kid, alg: key.alg, activateAt: activateAt.toISOString() }
    const event = { type: 'signing_key.activated', payload } as const
    const steps = recordKeyStep({ tenantId, at: clock(), key, did: 'activated', event })
    for (const statement of steps) await run(tx, statement)
  })
}
