import { appendAudit } from '../audit/index.ts'
import { inTenant, run, type Db, type Executor } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import { generateSecretKey } from './generate-secret-key.ts'
import { planSecretKeys, type SecretKeyAction } from './plan-secret-keys.ts'
import { deleteSecretKey, insertSecretKey, listSecretKeys, retireSecretKey } from './queries.ts'
import type { Deployment, KeyWrapping } from './wrapping.ts'

type TendSecretKeys = {
  readonly db: Db
  readonly clock: Clock
  readonly wrapping: Pick<KeyWrapping, 'wrap'>
  readonly deployment: Deployment
  readonly lease: HeldLease
  /** Whose audit trail tells of the deployment's own keys. */
  readonly systemTenantId: Id<'ten'>
  /** Seconds between making a version and using it. */
  readonly lead: number
}

/**
 * Does what the secrets need now: first versions, rotation, destruction. Safe to run at any time and to be cut
 * off anywhere: the next run finds what is left to do. @returns what was done.
 */
export async function tendSecretKeys(deps: TendSecretKeys): Promise<SecretKeyAction[]> {
  const now = deps.clock()
  const plan = planSecretKeys(await listSecretKeys(deps.db.kysely), now, deps.lead)
  for (const action of plan) {
    const wrapped = action.do === 'generate' ? await generateSecretKey(deps, action) : undefined
    await inTenant(deps.db, { tenantId: deps.systemTenantId }, async (tx) => {
      await requireLease(tx, deps.lease)
      await apply(tx, action, { wrapped, now })
      await run(tx, audited(deps.systemTenantId, action, now))
    })
  }
  return plan
}

async function apply(
  tx: Executor,
  action: SecretKeyAction,
  { wrapped, now }: { wrapped: Buffer | undefined; now: Date },
): Promise<void> {
  if (action.do === 'generate' && wrapped !== undefined)
    await insertSecretKey(tx, { ...action, wrapped }, now)
  if (action.do === 'retire') await retireSecretKey(tx, action)
  if (action.do === 'destroy') await deleteSecretKey(tx, action)
}

function audited(tenantId: Id<'ten'>, action: SecretKeyAction, at: Date) {
  const done = { generate: 'generated', retire: 'retired', destroy: 'destroyed' } as const
  return appendAudit({
    tenantId,
    at,
    actor: { type: 'system' },
    action: `secret_key.${done[action.do]}`,
    target: { type: 'secret_key', id: `${action.purpose}/${action.version}` },
    outcome: 'success',
  })
}
