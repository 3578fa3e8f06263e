import { inTenant, run, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { generateSecretKey } from './generate-secret-key.ts'
import { insertSecretKey, readSecretKeys, type SecretKeyRow } from './queries.ts'
import { lifeOf, type SecretPurpose } from './secret-purposes.ts'
import { lastVersion } from './secret-rotation.ts'
import { secretAudit } from './tend-secret-keys.ts'
import type { Deployment, KeyWrapping } from './wrapping.ts'

type RotateSecretKey = {
  readonly db: Db
  readonly clock: Clock
  readonly wrapping: KeyWrapping
  readonly deployment: Deployment
  /** Whose audit trail tells of the deployment's own keys. */
  readonly systemTenantId: Id<'ten'>
  /** Seconds between making a version and using it, in which every instance loads it. */
  readonly lead: number
}

/** What a rotation comes to. */
export interface SecretRotated {
  readonly purpose: SecretPurpose
  readonly version: number
  /** When it makes, on every instance at the same moment. */
  readonly activateAt: Date
  readonly replaces: number
  /** Until when the one before is read at least; longer where rows need it. */
  readonly keptUntil: Date
}

/**
 * Makes the next version of a secret before its time. What the one before made is read on; see `secretPurposes`.
 * @param dryRun changes nothing.
 * @throws Refusal `wrong_state` while there is none yet, while the next one waits already, and where a token has no room
 *   for another.
 */
export async function rotateSecretKey(
  deps: RotateSecretKey,
  { purpose, dryRun = false }: { readonly purpose: SecretPurpose; readonly dryRun?: boolean },
): Promise<SecretRotated> {
  const { rows, databaseTime: now } = await readSecretKeys(deps.db.kysely)
  const newest = requireRotatable(rows, purpose, now)
  const version = newest.version + 1
  const activateAt = after(now, deps.lead)
  if (!dryRun) await make(deps, { purpose, version, activateAt })
  const keptUntil = after(activateAt, lifeOf(purpose).keepFor)
  return { purpose, version, activateAt, replaces: newest.version, keptUntil }
}

function requireRotatable(rows: readonly SecretKeyRow[], purpose: SecretPurpose, now: Date): SecretKeyRow {
  const newest = rows.findLast((row) => row.purpose === purpose)
  if (newest === undefined)
    throw new Refusal('wrong_state', { detail: `There is no ${purpose} secret yet: iam-worker makes it.` })
  const { version, activateAt } = newest
  if (activateAt > now)
    throw new Refusal('wrong_state', {
      detail: `Version ${version} of ${purpose} waits already, and makes from ${activateAt.toISOString()} on.`,
    })
  if (version >= (lastVersion[purpose] ?? Infinity))
    throw new Refusal('wrong_state', { detail: `Version ${version} of ${purpose} is the last there can be.` })
  return newest
}

async function make(
  deps: RotateSecretKey,
  key: { readonly purpose: SecretPurpose; readonly version: number; readonly activateAt: Date },
): Promise<void> {
  const wrapped = await generateSecretKey(deps, key)
  const { systemTenantId: tenantId } = deps
  const at = deps.clock()
  await inTenant(deps.db, { tenantId }, async (tx) => {
    if (!(await insertSecretKey(tx, { ...key, wrapped }, at)))
      throw new Refusal('wrong_state', {
        detail: `Version ${key.version} of ${key.purpose} was made meanwhile.`,
      })
    await run(tx, secretAudit(tenantId, { ...key, do: 'generate' }, at))
  })
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
