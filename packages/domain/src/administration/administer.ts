import { appendAudit, type AuditEvent } from '../audit/index.ts'
import { inTenant, run, underTenant, type Db, type Executor } from '../db/index.ts'
import { once, type IdempotentRequest } from '../idempotency-key/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { requireRole, type Administrator, type Role } from '../role/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { burySessions, type EndedSession, type SessionCache } from '../session/index.ts'
import { systemTenantSlug, type DirectoryEntry, type TenantDirectory } from '../tenant/index.ts'

/** What the verbs of administrators ask for. */
export interface AdministrationDeps {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly sessionCache: SessionCache
  readonly tenants: TenantDirectory
}

/** Who asks for something to be done in which tenant. */
export interface AdministrativeCall {
  /** A person whose session stands. */
  readonly by: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }
  /** Whose affair it is. */
  readonly tenantId: Id<'ten'>
  readonly origin: RequestOrigin
  /** Set where the caller wants it done once. */
  readonly idempotency?: IdempotentRequest | undefined
}

/** What is to be done, and how the audit trail calls it. */
export interface Act {
  readonly action: string
  readonly target: AuditEvent['target']
  /** The least role that may. */
  readonly role: Role
  /** Streams of events that it adds to. */
  readonly streams?: readonly string[]
  /** Nothing changes: only what operators look at stands in the audit trail. */
  readonly reads?: boolean
}

/** The transaction of an act. */
export interface Acting {
  readonly tx: Executor
  readonly administrator: Administrator
  readonly at: Date
}

export interface Outcome<T> {
  /** JSON, without secrets: it may be kept to answer the same call again. */
  readonly answer: T
  readonly ended?: readonly EndedSession[]
  /** False when everything had been so before. */
  readonly changed?: boolean
  /** Whom the answer tells of. */
  readonly subjectId?: string
}

/**
 * Does what an administrator wants, in one transaction with the check that they may, the answer that is kept under
 * their Idempotency-Key, and audit; an operator's act is audited in the tenant and in the system tenant. What is
 * refused changes nothing and is audited too.
 * @throws Refusal `tenant_unknown`, `wrong_region`, `not_allowed`, `idempotency_key_reused`, and what the act refuses.
 */
export async function administer<T>(
  deps: AdministrationDeps,
  call: AdministrativeCall,
  act: Act,
  work: (acting: Acting) => Promise<Outcome<T>>,
): Promise<T> {
  const home = await deps.tenants.require(call.by.tenantId)
  const scope = { tenantId: call.tenantId, ...(act.streams === undefined ? {} : { streams: act.streams }) }
  try {
    await requirePlace(deps, home, call.tenantId)
    const done = await inTenant(deps.db, scope, async (tx) => perform(deps, tx, { call, act, home, work }))
    await burySessions(deps, call.tenantId, done.ended)
    return done.answer
  } catch (error) {
    if (error instanceof Refusal) await recordRefused(deps, { call, act, home, refusal: error })
    throw error
  }
}

/** Operators get as far as any tenant whose data is here; to everybody else there is no other than their own. */
async function requirePlace(
  { tenants }: AdministrationDeps,
  home: DirectoryEntry,
  tenantId: Id<'ten'>,
): Promise<void> {
  if (home.tenantId === tenantId) return
  if (home.slug !== systemTenantSlug) throw new Refusal('tenant_unknown')
  await tenants.find(tenantId)
}

interface Performed<T> {
  readonly call: AdministrativeCall
  readonly act: Act
  readonly home: DirectoryEntry
  readonly work: (acting: Acting) => Promise<Outcome<T>>
}

async function perform<T>(
  { clock }: AdministrationDeps,
  tx: Executor,
  { call, act, home, work }: Performed<T>,
): Promise<{ answer: T; ended: readonly EndedSession[] }> {
  const { by, tenantId, idempotency: request } = call
  const administrator = await requireRole(tx, { by, home, tenantId, role: act.role })
  const at = clock()
  let outcome: Outcome<T> | undefined
  const answer = await once(
    tx,
    { tenantId, principalId: by.userId, request, at, subjectOf: () => outcome?.subjectId },
    async () => {
      outcome = await work({ tx, administrator, at })
      return outcome.answer
    },
  )
  if (outcome !== undefined) await recordDone(tx, { call, act, administrator, at, outcome })
  return { answer, ended: outcome?.ended ?? [] }
}

async function recordDone(
  tx: Executor,
  { call: { tenantId, origin }, act, administrator: { type, id, homeId }, at, outcome }: Acted,
): Promise<void> {
  const { action, target } = act
  const actor = { type, id }
  const unchanged = outcome.changed === false ? { reason: 'unchanged' } : {}
  const common = { at, actor, action, outcome: 'success', origin, ...unchanged } as const
  if (act.reads !== true || type === 'operator') await run(tx, appendAudit({ ...common, tenantId, target }))
  if (homeId === tenantId) return
  const there = { ...common, tenantId: homeId, target: { type: 'tenant', id: tenantId } }
  await underTenant(tx, { tenantId: homeId, backTo: tenantId }, () => run(tx, appendAudit(there)))
}

interface Acted {
  readonly call: AdministrativeCall
  readonly act: Act
  readonly administrator: Administrator
  readonly at: Date
  readonly outcome: Outcome<unknown>
}

/** In a transaction of its own, since that of the act is lost: where whoever asked is at home. */
async function recordRefused(
  { db, clock }: AdministrationDeps,
  {
    call,
    act,
    home,
    refusal,
  }: Omit<Acted, 'administrator' | 'at' | 'outcome'> & {
    readonly home: DirectoryEntry
    readonly refusal: Refusal
  },
): Promise<void> {
  const { by, tenantId, origin } = call
  const isHome = home.tenantId === tenantId
  const refused = {
    at: clock(),
    actor: { type: 'user', id: by.userId },
    action: act.action,
    outcome: 'refused',
    reason: refusal.code,
    origin,
  } as const
  const target = isHome ? act.target : { type: 'tenant', id: tenantId }
  await inTenant(db, { tenantId: home.tenantId }, (tx) =>
    run(tx, appendAudit({ ...refused, tenantId: home.tenantId, target })),
  )
}
