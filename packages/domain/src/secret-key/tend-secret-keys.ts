import { appendAudit } from '../audit/index.ts'
import { inTenant, run, type Db, type Executor } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import { generateSecretKey } from './generate-secret-key.ts'
import {
  outlived,
  planSecretKeys,
  type PlannedSecret,
  type SecretKeyAction,
  type SecretKeyPolicy,
} from './plan-secret-keys.ts'
import {
  deleteSecretKey,
  insertSecretKey,
  readSecretKeys,
  retireSecretKey,
  type SecretKeyRow,
} from './queries.ts'
import type { SecretUses } from './secret-uses.ts'
import { unwrapsNow } from './unwraps-now.ts'
import type { Deployment, KeyWrapping } from './wrapping.ts'

type TendSecretKeys = {
  readonly db: Db
  readonly clock: Clock
  readonly wrapping: KeyWrapping
  readonly deployment: Deployment
  readonly lease: HeldLease
  /** Whose audit trail tells of the deployment's own keys. */
  readonly systemTenantId: Id<'ten'>
  readonly uses: SecretUses
} & SecretKeyPolicy

/**
 * Does what the secrets need now: first versions, rotation, destruction, each in a transaction of its own with its
 * audit. An old version is destroyed only while the key-management service opens the one that took over: while it is
 * away, instances may hold no other. Safe to run at any time and to be cut off anywhere: the next run finds what is left
 * to do; what fails holds nothing else up. @returns what was done. @throws the first failure.
 */
export async function tendSecretKeys(deps: TendSecretKeys): Promise<SecretKeyAction[]> {
  const { rows, databaseTime: now } = await readSecretKeys(deps.db.kysely)
  const needed = await stillNeeded(deps, outlived(rows, now))
  const isNeeded = (row: PlannedSecret) => needed.has(nameOf(row))
  const done: SecretKeyAction[] = []
  let failure: { readonly reason: unknown } | undefined
  for (const action of planSecretKeys({ rows, now, isNeeded }, deps)) {
    try {
      if (await take(deps, rows, action)) done.push(action)
    } catch (reason) {
      failure ??= { reason }
    }
  }
  if (failure !== undefined) throw failure.reason
  return done
}

const nameOf = ({ purpose, version }: Pick<PlannedSecret, 'purpose' | 'version'>) => `${purpose}/${version}`

async function stillNeeded({ db, uses }: TendSecretKeys, rows: readonly PlannedSecret[]) {
  const needed = new Set<string>()
  for (const row of rows) {
    for (const use of uses[row.purpose] ?? [])
      if (await use.isNamed(db.kysely, row.version)) needed.add(nameOf(row))
  }
  return needed
}

/** @returns false when somebody else had done it, or it must not be done now. */
async function take(
  deps: TendSecretKeys,
  rows: readonly SecretKeyRow[],
  action: SecretKeyAction,
): Promise<boolean> {
  const now = deps.clock()
  const { systemTenantId: tenantId } = deps
  if (action.do === 'destroy' && !(await opensSuccessor(deps, rows, action))) return false
  const wrapped = action.do === 'generate' ? await generateSecretKey(deps, action) : undefined
  return inTenant(deps.db, { tenantId }, async (tx) => {
    await requireLease(tx, deps.lease)
    const isDone = await apply(tx, action, { wrapped, now })
    if (isDone) await run(tx, secretAudit(tenantId, action, now))
    return isDone
  }).catch(falseWhenNamed)
}

async function opensSuccessor(deps: TendSecretKeys, rows: readonly SecretKeyRow[], of: PlannedName) {
  const newest = rows.findLast(({ purpose }) => purpose === of.purpose)
  return newest !== undefined && newest.version > of.version && (await unwrapsNow(deps, newest))
}

type PlannedName = Pick<PlannedSecret, 'purpose' | 'version'>

/** A row that names the version was written between looking and destroying: Postgres keeps the version for it. */
function falseWhenNamed(error: unknown): false {
  if ((error as { code?: unknown }).code === '23503') return false
  throw error
}

async function apply(
  tx: Executor,
  action: SecretKeyAction,
  { wrapped, now }: { wrapped: Buffer | undefined; now: Date },
): Promise<boolean> {
  if (action.do === 'retire') return retireSecretKey(tx, action)
  if (action.do === 'destroy') return deleteSecretKey(tx, action)
  return wrapped !== undefined && (await insertSecretKey(tx, { ...action, wrapped }, now))
}

/** What audit is told of a step in a secret's life. */
export function secretAudit(
  tenantId: Id<'ten'>,
  action: Pick<SecretKeyAction, 'do'> & PlannedName,
  at: Date,
) {
  const done = { generate: 'generated', retire: 'retired', destroy: 'destroyed' } as const
  return appendAudit({
    tenantId,
    at,
    actor: { type: 'system' },
    action: `secret_key.${done[action.do]}`,
    target: { type: 'secret_key', id: nameOf(action) },
    outcome: 'success',
  })
}
