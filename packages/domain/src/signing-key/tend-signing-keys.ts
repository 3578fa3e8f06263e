import { appendAudit } from '../audit/index.ts'
import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import { settle, type Clock, type Id } from '../kit/index.ts'
import type { AnchorSigner } from '../key-set/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import { appendEvent, type DomainEvent } from '../outbox/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import { adoptKmsVersion } from './adopt-kms-version.ts'
import { endPrivateHalves } from './end-private-halves.ts'
import { generateSigningKey } from './generate-signing-key.ts'
import type { SigningKeyLine, TendedLine } from './line.ts'
import { planSigningKeys, type SigningKeyAction, type SigningKeyPolicy } from './plan-signing-keys.ts'
import {
  activateSigningKey,
  insertSigningKey,
  listSigningKeys,
  moveSigningKey,
  type SigningKeyRow,
} from './queries.ts'
import type { EndVersions } from './versioned-key.ts'

export type TendSigningKeys = {
  readonly db: Db
  readonly clock: Clock
  /** The lines that there are to be: any other is run out. */
  readonly lines: readonly TendedLine[]
  readonly endorser: AnchorSigner
  readonly deployment: Deployment
  readonly lease: HeldLease
  readonly systemTenantId: Id<'ten'>
  readonly policy: SigningKeyPolicy
  /** The kids that iam-jwks answers with now; asked only when the plan needs to know. */
  readonly servedKids: () => Promise<ReadonlySet<string>>
  /** What ends versions in KMS, where keys are or were there. */
  readonly keyVersions?: EndVersions
}

/**
 * Takes the issuer's keys one step along their life cycle, each step in a transaction of its own with audit and
 * event. Safe to run at any time and to be cut off anywhere. A line whose step fails takes no further one in this round;
 * the other lines go on. @returns what was done. @throws the first failure, after all.
 */
export async function tendSigningKeys(deps: TendSigningKeys): Promise<SigningKeyAction<TendedLine>[]> {
  const { keys, databaseTime: now } = await listSigningKeys(deps.db.kysely)
  const tokenKeys = keys.filter((key) => key.purpose === 'token')
  const unproven =
    tokenKeys.some((key) => key.state === 'published') && !tokenKeys.some((key) => key.state === 'active')
  const served = unproven ? await deps.servedKids() : new Set<string>()
  const plan = planSigningKeys({ keys, now, served, lines: deps.lines }, deps.policy)
  const byLine = Map.groupBy(plan, (action) => lineNameOf('key' in action ? action.key : action.line))
  const failures: unknown[] = []
  for (const actions of byLine.values()) {
    const { failure } = await settle([takeSteps(deps, actions)])
    if (failure !== undefined) failures.push(failure.reason)
  }
  const record: Recording = (told, change) => recorded(deps, told, change)
  const { failure: unended } = await settle([endPrivateHalves({ ...deps, record })])
  if (unended !== undefined) failures.push(unended.reason)
  if (failures.length > 0) throw failures[0]
  return plan
}

type Recording = Parameters<typeof endPrivateHalves>[0]['record']

function lineNameOf({ purpose, alg }: SigningKeyLine): string {
  return `${purpose} ${alg}`
}

async function takeSteps(deps: TendSigningKeys, actions: readonly SigningKeyAction<TendedLine>[]) {
  for (const action of actions) {
    if (action.do === 'generate') await generate(deps, action.line)
    else await step(deps, action)
  }
}

async function generate(deps: TendSigningKeys, line: TendedLine): Promise<void> {
  const { signFor, verifyAfter } = deps.policy
  const { purpose, alg } = line
  const made = { scope: 'issuer', purpose, alg, signFor, verifyAfter }
  const key =
    'wrapping' in line
      ? await generateSigningKey({ ...deps, wrapping: line.wrapping }, made)
      : await adoptKmsVersion({ ...deps, versionedKey: line.versionedKey }, made)
  if (key === undefined) return // it is being generated
  await recorded(deps, { key, did: 'generated' }, async (tx) => {
    await insertSigningKey(tx, key)
    return true
  })
}

async function step(
  deps: TendSigningKeys,
  action: Exclude<SigningKeyAction<TendedLine>, { do: 'generate' }>,
): Promise<void> {
  const { key } = action
  if (action.do === 'activate') {
    const payload = { kid: key.kid, alg: key.alg, activateAt: action.at.toISOString() }
    const event = { type: 'signing_key.activated', payload } as const
    await recorded(deps, { key, did: 'activated', event }, (tx) => activateSigningKey(tx, key.id, action.at))
  } else if (action.do === 'retire') {
    await recorded(deps, { key, did: 'superseded' }, (tx) =>
      moveSigningKey(tx, { id: key.id, from: 'active', to: 'retiring' }),
    )
  } else {
    const event = { type: 'signing_key.retired', payload: { kid: key.kid, alg: key.alg } } as const
    await recorded(deps, { key, did: 'retired', event }, (tx) =>
      moveSigningKey(tx, { id: key.id, from: key.state, to: 'retired' }),
    )
  }
}

interface Told {
  readonly key: SigningKeyRow
  readonly did: string
  readonly event?: DomainEvent
}

/** One change of one key, with audit and event; none of it when the key had moved meanwhile. */
async function recorded(
  deps: TendSigningKeys,
  told: Told,
  change: (tx: Executor) => Promise<boolean>,
): Promise<void> {
  const { systemTenantId: tenantId } = deps
  const { id } = told.key
  await inTenant(deps.db, { tenantId, streams: [streamKey(tenantId, id)] }, async (tx) => {
    await requireLease(tx, deps.lease)
    if (!(await change(tx))) return
    for (const statement of recordKeyStep({ tenantId, at: deps.clock(), ...told })) await run(tx, statement)
  })
}

/** Audit, and the event if there is one, of a step in a key's life. */
export function recordKeyStep(step: Told & { readonly tenantId: Id<'ten'>; readonly at: Date }) {
  const { tenantId, at, key, did, event } = step
  const audit = appendAudit({
    tenantId,
    at,
    actor: { type: 'system' },
    action: `signing_key.${did}`,
    target: { type: 'signing_key', id: key.id },
    outcome: 'success',
  })
  return event === undefined ? [audit] : [audit, appendEvent({ tenantId, aggregateId: key.id, at, event })]
}
