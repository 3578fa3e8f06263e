import { hotFrom } from '../audit-archive/index.ts'
import { findAudit, type AuditWanted, type FoundAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { Id } from '../kit/index.ts'
import { personalOpener, userKeyOf } from '../user/index.ts'
import { administer, type AdministrationDeps, type AdministrativeCall } from './administer.ts'

/** An audit event as administrators see it. */
export interface AuditView {
  readonly id: string
  /** RFC 3339. */
  readonly at: string
  readonly actor: { readonly type: string; readonly id: string | null }
  readonly action: string
  readonly target: { readonly type: string; readonly id: string | null }
  readonly outcome: string
  readonly reason: string | null
  readonly requestId: string | null
  /** What is known of the person only while they are: null for most events, and for all of somebody who was erased. */
  readonly personal: Readonly<Record<string, string>> | null
}

export type ListAudit = AdministrativeCall & Omit<AuditWanted, 'tenantId'>

type Place = NonNullable<AuditWanted['after']>

/**
 * A page of a tenant's audit events, the newest first, and where the next begins if there is one. Personal values are
 * opened with the person's own key, so that whoever was erased has none. Events before `hotFrom` are in the cold store. What operators read is audited itself.
 * @throws Refusal what `administer` refuses.
 */
export async function listAudit(
  deps: AdministrationDeps,
  call: ListAudit,
): Promise<{
  readonly items: AuditView[]
  readonly last: Place | undefined
  readonly hotFrom: Date | undefined
}> {
  const { tenantId, actor, action, target, outcome, from, to, after, limit } = call
  const act = {
    action: 'audit_events.listed',
    target: { type: 'tenant', id: tenantId },
    role: 'tenant.admin',
    reads: true,
  } as const
  return administer(deps, call, act, async ({ tx }) => {
    const wanted = { tenantId, actor, action, target, outcome, from, to, after }
    const found = await findAudit(tx, { ...wanted, limit: limit + 1 })
    const events = found.slice(0, limit)
    const open = await openerOf(tx, deps.secrets, { tenantId, events })
    const end = found.length > limit ? events.at(-1) : undefined
    const last = end && { at: end.occurredAt, id: end.id }
    const items = events.map((event) => view(event, open(event)))
    return { answer: { items, last, hotFrom: await hotFrom(tx) } }
  })
}

/** What opens the personal values of these events, each under its person's key. */
async function openerOf(
  tx: Executor,
  secrets: SecretRings,
  { tenantId, events }: { readonly tenantId: Id<'ten'>; readonly events: readonly FoundAudit[] },
): Promise<(event: FoundAudit) => AuditView['personal']> {
  const people = new Set(
    events.flatMap(({ actorId, personal }) => (personal === null ? [] : (actorId ?? []))),
  )
  const openers = new Map<string, ReturnType<typeof personalOpener>>()
  for (const userId of people) {
    const [userKey] = await run(tx, userKeyOf(tenantId, userId))
    openers.set(userId, personalOpener(secrets.of('data'), { userId, userKey }))
  }
  return ({ id, actorId, personal }) => openers.get(actorId ?? '')?.(personal, id) ?? null
}

function view(event: FoundAudit, personal: AuditView['personal']): AuditView {
  const { id, occurredAt, actorType, actorId, action, targetType, targetId } = event
  const { outcome, reason, requestId } = event
  return {
    id,
    at: occurredAt.toISOString(),
    actor: { type: actorType, id: actorId },
    action,
    target: { type: targetType, id: targetId },
    outcome,
    reason,
    requestId,
    personal,
  }
}
