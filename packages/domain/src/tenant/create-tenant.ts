import { appendAudit, type AuditEvent } from '../audit/index.ts'
import { insertFirstPartyClient } from '../client/index.ts'
import { inTenant, run, type Db, type Executor } from '../db/index.ts'
import { newId, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { insertDirectoryEntry, insertTenant } from './queries.ts'
import type { TenantPolicy } from './tenant-policy.ts'

export interface CreateTenant {
  readonly slug: string
  readonly name: string
  readonly region: string
  /** What access tokens of the tenant's built-in client are for. */
  readonly audience: string
  readonly policy?: Partial<TenantPolicy>
}

export interface AddTenant extends CreateTenant {
  readonly tenantId: Id<'ten'>
  readonly actor: AuditEvent['actor']
  readonly at: Date
  readonly origin?: Pick<RequestOrigin, 'requestId'>
  /** False where its data lives in another region: here it is known by the directory alone. */
  readonly isHere?: boolean
}

/** Makes a tenant with its built-in `first-party` client. @returns its id, or undefined when the slug is taken. */
export async function createTenant(
  deps: { db: Pick<Db, 'kysely'>; clock: Clock },
  input: CreateTenant,
): Promise<Id<'ten'> | undefined> {
  const at = deps.clock()
  const tenantId = newId('ten', at)
  const actor = { type: 'system' } as const
  return inTenant(deps.db, { tenantId }, async (tx) =>
    (await addTenant(tx, { ...input, tenantId, actor, at })) ? tenantId : undefined,
  )
}

/** The same, inside a transaction that runs under the new tenant. @returns false when the slug is taken. */
export async function addTenant(tx: Executor, input: AddTenant): Promise<boolean> {
  const { tenantId, slug, region, name, policy = {}, audience, at, actor, origin, isHere = true } = input
  if (!(await insertDirectoryEntry(tx, { tenantId, slug, region, status: 'active' }, at))) return false
  if (!isHere) return true
  await insertTenant(tx, { tenantId, name, policy }, at)
  await insertFirstPartyClient(tx, { tenantId, audience }, at)
  const target = { type: 'tenant', id: tenantId }
  const from = origin === undefined ? {} : { origin }
  const action = 'tenant.created'
  await run(tx, appendAudit({ tenantId, at, actor, action, target, outcome: 'success', ...from }))
  return true
}
