import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import { Refusal, type Clock } from '../kit/index.ts'
import {
  addTenant,
  findDirectoryEntry,
  renameTenant,
  setTenantStatus,
  systemTenantSlug,
} from '../tenant/index.ts'
import { receiveEvent, type Reception } from './receive-event.ts'
import type { ReceivedEvent } from './received-event.ts'

type FollowTenant = Parameters<typeof receiveEvent>[0] & {
  readonly clock: Clock
  /** Where this deployment is. */
  readonly region: string
  /** What access tokens of a tenant's built-in client are for. */
  readonly audience: string
}

/**
 * A tenant began elsewhere. Its data lives in its region alone: everywhere else there is its entry in the directory,
 * so that people are sent home.
 * @throws Refusal `slug_taken` by another tenant.
 */
export async function followCreatedTenant(
  deps: FollowTenant,
  event: ReceivedEvent,
  { slug, name, region }: { readonly slug: string; readonly name: string; readonly region: string },
): Promise<Reception> {
  const { tenantId, origin } = event
  const apply = async (tx: Executor): Promise<void> => {
    if ((await findDirectoryEntry(tx, tenantId)) !== undefined) return
    const at = deps.clock()
    const tenant = { tenantId, slug, name, region, audience: deps.audience, at }
    const actor = { type: 'system' } as const
    const isHere = region === deps.region
    const added = await addTenant(tx, { ...tenant, actor, isHere, origin })
    if (!added) throw new Refusal('slug_taken', { detail: `The slug ${slug} is another tenant’s.` })
  }
  return receiveEvent(deps, event, { scope: { tenantId }, about: 'tenant.creation', apply })
}

/** A tenant is called something else. @throws Refusal `tenant_unknown` before it has begun here. */
export async function followRenamedTenant(
  deps: FollowTenant,
  event: ReceivedEvent,
  { name }: { readonly name: string },
): Promise<Reception> {
  return followKnown(deps, event, 'tenant.name', async (tx, at) => {
    await renameTenant(tx, { tenantId: event.tenantId, name, at })
    return 'tenant.renamed'
  })
}

/**
 * A tenant is shut out, or let in again: as when an operator does it.
 * @throws Refusal `tenant_unknown` before it has begun here, `not_allowed` for that of the operators.
 */
export async function followTenantStatus(
  deps: FollowTenant,
  event: ReceivedEvent,
  { status }: { readonly status: 'active' | 'suspended' },
): Promise<Reception> {
  return followKnown(deps, event, 'tenant.status', async (tx, at) => {
    const changed = await setTenantStatus(tx, { tenantId: event.tenantId, status, at })
    if (!changed) return undefined
    return status === 'active' ? 'tenant.reactivated' : 'tenant.suspended'
  })
}

/** Changes a tenant that has begun here, and notes what was done, if anything was. */
async function followKnown(
  deps: FollowTenant,
  event: ReceivedEvent,
  about: string,
  change: (tx: Executor, at: Date) => Promise<string | undefined>,
): Promise<Reception> {
  const { tenantId, origin } = event
  const apply = async (tx: Executor): Promise<void> => {
    const entry = await findDirectoryEntry(tx, tenantId)
    if (entry === undefined) throw new Refusal('tenant_unknown')
    if (entry.slug === systemTenantSlug)
      throw new Refusal('not_allowed', { detail: 'It is the operators’ own tenant.' })
    const at = deps.clock()
    const action = await change(tx, at)
    if (action === undefined) return
    const target = { type: 'tenant', id: tenantId }
    const actor = { type: 'system' } as const
    await run(tx, appendAudit({ tenantId, at, actor, action, target, outcome: 'success', origin }))
  }
  return receiveEvent(deps, event, { scope: { tenantId }, about, apply })
}
