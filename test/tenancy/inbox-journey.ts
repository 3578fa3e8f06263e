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
  const event = (sequence: number): ReceivedEvent => {
    const at = clock()
    return { eventId: newId('evt', at), subject: 'a subject', tenantId, sequence, occurredAt: at, origin }
  }
  const { userId } = await addPerson(world, { tenantId, email: 'leaver@acme.example' })
  await followCreatedTenant(deps, event(1), { slug: 'acme', name: 'acme', region: 'local' })
  await followRenamedTenant(deps, event(2), { name: 'acme' })
  for (const [sequence, status] of [
    [3, 'suspended'],
    [4, 'active'],
  ] as const)
    await followTenantStatus(deps, event(sequence), { status })
  const membership = { membershipId: 'a membership', userId, role: 'concierge' }
  await followGrantedMembership(deps, event(1), membership)
  await followRevokedMembership(deps, event(2), membership)
  await followGrantedMembership(deps, event(3), membership)
  await exportOnRequest(deps, event(4), { userId })
  for (const sequence of [5, 6]) await eraseOnRequest(deps, event(sequence), { userId })
  await deleteOldReceived(world.workerDb.kysely, { limit: 10 })
}
