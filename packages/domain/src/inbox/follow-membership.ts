import { appendAudit } from '../audit/index.ts'
import { run, streamKey, type Executor } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { deleteMembership, putMembership, rolesOfMemberships } from '../membership/index.ts'
import { renewClaims } from '../session/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import { findUser, setRoles } from '../user/index.ts'
import { receiveEvent, type Reception } from './receive-event.ts'
import type { ReceivedEvent } from './received-event.ts'

type FollowMembership = Parameters<typeof receiveEvent>[0] & {
  readonly clock: Clock
  readonly region: string
}

interface Named {
  readonly membershipId: string
  readonly userId: Id<'usr'>
}

/** So much fits into an access token beside all else that it says: roles, and bytes of them as JSON. */
const most = { roles: 32, bytes: 1_280 }

/**
 * A person is something to another service from now on: new access tokens say so, those of sessions that go on from
 * their next refresh.
 * @throws Refusal `tenant_unknown` before the tenant has begun here, `not_found` for somebody who is not here,
 *   `wrong_state` for more roles than a token can carry, and for a membership of somebody else.
 */
export async function followGrantedMembership(
  deps: FollowMembership,
  event: ReceivedEvent,
  {
    membershipId: id,
    userId,
    role,
    unit,
  }: Named & { readonly role: string; readonly unit?: string | undefined },
): Promise<Reception> {
  const { tenantId } = event
  const told = unit === undefined ? role : `${unit}/${role}`
  return follow(deps, event, { id, userId, did: 'granted' }, async (tx, at) => {
    if ((await findUser(tx, tenantId, userId)) === undefined) throw new Refusal('not_found')
    requireTheirs(await putMembership(tx, { tenantId, id, userId, role: told, at }))
    return true
  })
}

/** A person is that no more. @throws Refusal `tenant_unknown` before the tenant has begun here, `wrong_state` for somebody else's. */
export async function followRevokedMembership(
  deps: FollowMembership,
  event: ReceivedEvent,
  { membershipId: id, userId }: Named,
): Promise<Reception> {
  const { tenantId } = event
  return follow(deps, event, { id, userId, did: 'revoked' }, async (tx) => {
    const owner = await deleteMembership(tx, { tenantId, id })
    requireTheirs(owner === undefined || owner === userId)
    return owner !== undefined
  })
}

/** A membership never passes from one person to another: the first would keep what it says in their tokens. */
function requireTheirs(isTheirs: boolean): void {
  if (!isTheirs) throw new Refusal('wrong_state', { detail: 'The membership is somebody else’s.' })
}

interface Change {
  readonly id: string
  readonly userId: Id<'usr'>
  readonly did: 'granted' | 'revoked'
}

/** Under the lock on the person's events, which whoever opens a session for them holds as well. */
async function follow(
  deps: FollowMembership,
  event: ReceivedEvent,
  { id, userId, did }: Change,
  change: (tx: Executor, at: Date) => Promise<boolean>,
): Promise<Reception> {
  const { tenantId, origin } = event
  const apply = async (tx: Executor): Promise<void> => {
    const entry = await findDirectoryEntry(tx, tenantId)
    if (entry === undefined) throw new Refusal('tenant_unknown')
    if (entry.region !== deps.region) return
    const at = deps.clock()
    if (!(await change(tx, at))) return
    const roles = await rolesOfMemberships(tx, { tenantId, userId })
    if (roles.length > most.roles || Buffer.byteLength(JSON.stringify(roles)) > most.bytes)
      throw new Refusal('wrong_state', {
        detail: `Nobody can have more than ${most.roles} roles, of ${most.bytes} bytes together.`,
      })
    await setRoles(tx, { tenantId, userId, at }, roles)
    await renewClaims(tx, { tenantId, userId })
    const target = { type: 'user', id: userId }
    const actor = { type: 'system' } as const
    const action = `membership.${did}`
    await run(
      tx,
      appendAudit({ tenantId, at, actor, action, target, outcome: 'success', reason: id, origin }),
    )
  }
  const scope = { tenantId, streams: [streamKey(tenantId, userId)] }
  return receiveEvent(deps, event, { scope, about: `membership ${id}`, apply })
}
