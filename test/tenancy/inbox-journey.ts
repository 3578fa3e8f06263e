import {
  deleteOldReceived,
  eraseOnRequest,
  exportOnRequest,
  followCreatedTenant,
  followGrantedMembership,
  followRenamedTenant,
  followRevokedMembership,
  followTenantStatus,
  type ReceivedEvent,
} from '@iam/domain/inbox'
import { newId } from '@iam/domain/kit'
import { addPerson, type World } from '@iam/testkit/world'

/** What the worker does because other services said something. */
export async function travelThroughInbox(world: World): Promise<void> {
  const { acme: tenantId, clock, secrets, origin } = world
  const deps = { db: world.workerDb, clock, secrets, region: 'local', audience: 'https://api.example' }
  const event = (position: bigint): ReceivedEvent => {
    return { eventId: newId('evt', clock()), subject: 'a subject', tenantId, position, origin }
  }
  const { userId } = await addPerson(world, { tenantId, email: 'leaver@acme.example' })
  await followCreatedTenant(deps, event(1n), { slug: 'acme', name: 'acme', region: 'local' })
  await followRenamedTenant(deps, event(2n), { name: 'acme' })
  for (const [position, status] of [
    [3n, 'suspended'],
    [4n, 'active'],
  ] as const)
    await followTenantStatus(deps, event(position), { status })
  const membership = { membershipId: 'a membership', userId, role: 'concierge' }
  await followGrantedMembership(deps, event(1n), membership)
  await followRevokedMembership(deps, event(2n), membership)
  await followGrantedMembership(deps, event(3n), membership)
  await exportOnRequest(deps, event(4n), { userId })
  for (const position of [5n, 6n]) await eraseOnRequest(deps, event(position), { userId })
  await deleteOldReceived(world.workerDb.kysely, { limit: 10 })
}
