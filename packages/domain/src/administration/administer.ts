import { appendAudit, type AuditEvent } from '../audit/index.ts'
import {
  inTenant,
  run,
  underTenant,
  type Db,
  type Executor,
  type Scope,
  type Statement,
} from '../db/index.ts'
import { heldFactorsOf } from '../factor/index.ts'
import { once, type IdempotentRequest } from '../idempotency-key/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { requireRole, type Administrator, type Role } from '../role/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import {
  burySessions,
  requireSteppedUpSince,
  requireStrongLogin,
  scopeOfSessions,
  type EndedSession,
  type SessionCache,
  type ShownLogin,
} from '../session/index.ts'
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
  /** A person whose session stands, and how they had proved who they are. */
  readonly by: {
    readonly tenantId: Id<'ten'>
    readonly userId: Id<'usr'>
  } & ShownLogin
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
  /** Whose sessions it may end. */
  readonly endsSessionsOf?: Id<'usr'>
  /**
   * It hands over an account or the tenant, or cannot be taken back: whoever asks must have logged in not long ago, by
   * a second factor too where they have one, lest a password alone takes that factor away or drops the rule of it.
   * What shuts people out asks for no such thing: it must be quick.
   */
  readonly asksForRecentLogin?: boolean
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
  /** For the audit trail: names of what was changed, never values. */
  readonly remark?: string
  /** Whom the answer tells of. */
  readonly subjectId?: string
}

/**
 * Does what an administrator wants, in one transaction with the check that they may, the answer that is kept under
 * their Idempotency-Key, and audit; an operator's act is audited in the tenant and in the system tenant. What is
 * refused changes nothing and is audited too.
 * @throws Refusal `tenant_unknown`, `wrong_region`, `not_allowed`, `reauthentication_required`, `idempotency_key_reused`,
 *   and what the act refuses.
 */
export async function administer<T>(
  deps: AdministrationDeps,
  call: AdministrativeCall,
  act: Act,
  work: (acting: Acting) => Promise<Outcome<T>>,
): Promise<T> {
  const home = await deps.tenants.require(call.by.tenantId)
  let administrator: Administrator | undefined
  try {
    await requirePlace(deps, home, call.tenantId)
    const done = await inTenant(deps.db, scopeOf(deps, call, act), async (tx) => {
      administrator = await requireRole(tx, { by: call.by, home, tenantId: call.tenantId, role: act.role })
      requireSteppedUpSince(deps, call.by, administrator)
      if (act.asksForRecentLogin === true) await requireStrongAdministrator(deps, tx, call)
      return perform(deps, tx, { call, act, administrator, work })
    })
    await burySessions(deps, call.tenantId, done.ended)
    return done.answer
  } catch (error) {
    if (error instanceof Refusal)
      await recordRefused(deps, { call, act, home, administrator, refusal: error })
    throw error
  }
}

/** The factors of whoever asks are in their own tenant. @throws Refusal `reauthentication_required`. */
async function requireStrongAdministrator(
  deps: AdministrationDeps,
  tx: Executor,
  { by, tenantId }: AdministrativeCall,
): Promise<void> {
  const held = await underTenant(tx, { tenantId: by.tenantId, backTo: tenantId }, () =>
    run(tx, heldFactorsOf(by)),
  )
  requireStrongLogin(deps, { login: by, held })
}

function scopeOf({ clock }: AdministrationDeps, { tenantId }: AdministrativeCall, act: Act): Scope {
  const { streams, endsSessionsOf: userId } = act
  if (userId !== undefined) return scopeOfSessions({ tenantId, userId, at: clock() }, streams)
  return streams === undefined ? { tenantId } : { tenantId, streams }
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
  readonly administrator: Administrator
  readonly work: (acting: Acting) => Promise<Outcome<T>>
}

async function perform<T>(
  { clock }: AdministrationDeps,
  tx: Executor,
  { call, act, administrator, work }: Performed<T>,
): Promise<{ answer: T; ended: readonly EndedSession[] }> {
  const { by, tenantId, idempotency: request } = call
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

interface Recorded {
  readonly call: AdministrativeCall
  readonly act: Act
  readonly at: Date
  readonly actor: { readonly type: 'user' | 'operator'; readonly id: string }
  readonly outcome: 'success' | 'refused'
  readonly reason: string | undefined
}

async function recordDone(
  tx: Executor,
  { call, act, administrator: { type, id, homeId }, at, outcome }: Acted,
): Promise<void> {
  const remark = outcome.changed === false ? 'unchanged' : outcome.remark
  const recorded = { call, act, at, actor: { type, id }, outcome: 'success', reason: remark } as const
  if (act.reads !== true || type === 'operator') await run(tx, here(recorded))
  if (homeId !== call.tenantId) await recordAtHome(tx, homeId, recorded)
}

interface Acted {
  readonly call: AdministrativeCall
  readonly act: Act
  readonly administrator: Administrator
  readonly at: Date
  readonly outcome: Outcome<unknown>
}

/** The row of the tenant whose affair it is. */
function here({ call, act, at, actor, outcome, reason }: Recorded): Statement {
  const { tenantId, origin } = call
  const { action, target } = act
  const because = reason === undefined ? {} : { reason }
  return appendAudit({ tenantId, at, actor, action, target, outcome, origin, ...because })
}

/** The row of the tenant that the actor belongs to, which names the other one. */
async function recordAtHome(tx: Executor, homeId: Id<'ten'>, recorded: Recorded): Promise<void> {
  const { call, act } = recorded
  const there = {
    ...recorded,
    call: { ...call, tenantId: homeId },
    act: { ...act, target: { type: 'tenant', id: call.tenantId } },
  }
  await underTenant(tx, { tenantId: homeId, backTo: call.tenantId }, () => run(tx, here(there)))
}

/**
 * In a transaction of its own, since that of the act is lost. Who is no operator leaves no trace in a tenant that is
 * not theirs.
 */
async function recordRefused(
  { db, clock }: AdministrationDeps,
  refused: {
    readonly call: AdministrativeCall
    readonly act: Act
    readonly home: DirectoryEntry
    readonly administrator: Administrator | undefined
    readonly refusal: Refusal
  },
): Promise<void> {
  const { call, act, home, administrator, refusal } = refused
  const actor = { type: administrator?.type ?? 'user', id: call.by.userId } as const
  const recorded = { call, act, at: clock(), actor, outcome: 'refused', reason: refusal.code } as const
  await inTenant(db, { tenantId: call.tenantId }, async (tx) => {
    if (home.tenantId === call.tenantId || administrator !== undefined) await run(tx, here(recorded))
    if (home.tenantId !== call.tenantId) await recordAtHome(tx, home.tenantId, recorded)
  })
}
