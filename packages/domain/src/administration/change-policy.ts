import { Refusal } from '../kit/index.ts'
import { hasPasskeys } from '../passkey/index.ts'
import { locationFault, locationOf } from '../risk/index.ts'
import {
  claimRelyingParty,
  findDirectoryEntry,
  findStoredPolicy,
  readTenantPolicy,
  replaceTenantPolicy,
  systemTenantSlug,
  type TenantPolicy,
} from '../tenant/index.ts'
import { administer, type Acting, type AdministrationDeps, type AdministrativeCall } from './administer.ts'

/** A tenant's policy as it stands, and the version that it has. */
export interface PolicyView {
  readonly policy: TenantPolicy
  readonly version: number
}

/** What is to be different; null for the default. */
export type PolicyChange = { readonly [Name in keyof TenantPolicy]?: TenantPolicy[Name] | null | undefined }

export type ChangePolicy = AdministrativeCall & {
  readonly change: PolicyChange
  /** Set where the change was decided by what stood in that version. */
  readonly ifVersion: number | undefined
}

/** What a tenant has decided, defaults filled in. */
export async function readPolicy(deps: AdministrationDeps, call: AdministrativeCall): Promise<PolicyView> {
  const target = { type: 'tenant', id: call.tenantId }
  const act = { action: 'policy.read', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => {
    const { stored, version } = await requirePolicy(tx, { ...call, for: 'reading' })
    return { answer: { policy: readTenantPolicy(stored), version } }
  })
}

/**
 * Changes what a tenant decides, from the next login, registration or new password on. Sessions that stand keep the
 * lifetimes that they were opened with.
 * @throws Refusal `precondition_failed` when the version is another one, `not_allowed` for taking passwords from
 *   operators and for shutting out oneself, and what `administer` refuses.
 */
export async function changePolicy(deps: AdministrationDeps, call: ChangePolicy): Promise<PolicyView> {
  const { tenantId, change, ifVersion } = call
  const target = { type: 'tenant', id: tenantId }
  const act = { action: 'policy.changed', target, role: 'tenant.admin', asksForRecentLogin: true } as const
  return administer(deps, call, act, async (acting) => {
    const { tx, at } = acting
    const { stored, version } = await requirePolicy(tx, { ...call, for: 'change' })
    if (ifVersion !== undefined && ifVersion !== version) throw new Refusal('precondition_failed')
    const next = merge(stored, change)
    if (!isSame(stored, next, 'rpId')) await changeRelyingParty(acting, call, next.rpId ?? null)
    if (next.passwordLogin === false) await requireAnotherWayIn(tx, call)
    requireNotShutOut(readTenantPolicy(next), call)
    const changed = Object.keys(change).filter((name) => !isSame(stored, next, name as keyof TenantPolicy))
    if (changed.length === 0) return { answer: { policy: readTenantPolicy(next), version }, changed: false }
    await replaceTenantPolicy(tx, { tenantId, stored: next, at })
    const answer = { policy: readTenantPolicy(next), version: version + 1 }
    return { answer, remark: changed.join(', ') }
  })
}

export async function requirePolicy(tx: Acting['tx'], wanted: Parameters<typeof findStoredPolicy>[1]) {
  const found = await findStoredPolicy(tx, wanted)
  if (found === undefined) throw new Refusal('tenant_unknown')
  return found
}

/** A policy as it would stand after a change. As JSON Merge Patch does (RFC 7396): null takes a member away, and with it what differed from the default. */
export function merge(stored: Partial<TenantPolicy>, change: PolicyChange): Partial<TenantPolicy> {
  const merged = Object.entries({ ...stored, ...change })
  return Object.fromEntries(merged.filter(([, value]) => value !== null && value !== undefined))
}

function isSame(
  before: Partial<TenantPolicy>,
  after: Partial<TenantPolicy>,
  name: keyof TenantPolicy,
): boolean {
  return JSON.stringify(before[name]) === JSON.stringify(after[name])
}

/** Whoever could take it back again would be shut out with everybody else who is where they are. */
function requireNotShutOut(policy: TenantPolicy, { by, tenantId, origin }: AdministrativeCall): void {
  if (by.tenantId !== tenantId || locationFault(policy, locationOf(origin)) === undefined) return
  throw new Refusal('not_allowed', { detail: 'You could not log in again from where you are now.' })
}

/**
 * The host that passkeys are made for must lead here, and what is made for one host is of no use at another: an operator
 * sets it, before there are any. While the tenant's row is locked for the change, nobody adds one.
 */
async function changeRelyingParty(
  { tx, administrator }: Acting,
  { tenantId }: AdministrativeCall,
  rpId: string | null,
): Promise<void> {
  if (administrator.type !== 'operator')
    throw new Refusal('not_allowed', { detail: 'An operator sets the host that passkeys are made for.' })
  if (await hasPasskeys(tx, tenantId))
    throw new Refusal('wrong_state', { detail: 'There are passkeys already: they are bound to their host.' })
  if (!(await claimRelyingParty(tx, { tenantId, rpId })))
    throw new Refusal('wrong_state', { detail: 'The host is the relying party of another tenant.' })
}

/** Whoever could bring passwords back would be shut out with everybody else. */
async function requireAnotherWayIn(tx: Acting['tx'], { tenantId }: AdministrativeCall): Promise<void> {
  const entry = await findDirectoryEntry(tx, tenantId)
  if (entry?.slug !== systemTenantSlug) return
  throw new Refusal('not_allowed', { detail: 'Operators have no other way in than their password.' })
}
