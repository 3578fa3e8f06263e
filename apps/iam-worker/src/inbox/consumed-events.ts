import {
  eraseOnRequest,
  exportOnRequest,
  followCreatedTenant,
  followGrantedMembership,
  followRenamedTenant,
  followRevokedMembership,
  followTenantStatus,
  type ReceivedEvent,
  type Reception,
} from '@iam/domain/inbox'
import type { Id } from '@iam/domain/kit'
import * as z from 'zod'
import type { InboxDeps } from './inbox-deps.ts'

/** An event of another service that we act upon: what it has to carry, and what it brings about. */
export interface ConsumedEvent {
  /** Reads the payload. More members than we know of are taken: later releases add some. */
  readonly payload: z.ZodType
  readonly receive: (deps: InboxDeps, event: ReceivedEvent, payload: unknown) => Promise<Reception>
}

const slug = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
const name = z.string().trim().min(1).max(200)
const region = z.string().regex(/^[a-z0-9-]{1,63}$/)
const userId = z
  .string()
  .regex(/^usr_[0-9A-HJKMNP-TV-Z]{26}$/)
  .transform((id) => id as Id<'usr'>)

const membershipId = z.string().regex(/^[\w.:-]{1,64}$/)
const role = z.string().regex(/^[a-z][a-z0-9_.-]{0,62}$/)
const unit = z.string().regex(/^[\w.:-]{1,64}$/)

/** By entity and verb with the version: what follows the namespace in the subject. */
export const consumedEvents: Readonly<Record<string, ConsumedEvent>> = {
  'tenant.tenant.created.v1': consumed(z.object({ slug, name, region }), followCreatedTenant),
  'tenant.tenant.updated.v1': consumed(
    z.object({ name: name.optional(), status: z.enum(['active', 'suspended']).optional() }),
    async (deps, event, payload) => {
      const { name: called, status } = payload
      const done: Reception[] = []
      if (called !== undefined)
        done.push(await followRenamedTenant(deps, part(event, 'name'), { name: called }))
      if (status !== undefined) done.push(await followTenantStatus(deps, part(event, 'status'), { status }))
      return done.find((one) => one === 'applied') ?? done[0] ?? 'superseded'
    },
  ),
  'tenant.tenant.suspended.v1': consumed(z.object({}), (deps, event) =>
    followTenantStatus(deps, event, { status: 'suspended' }),
  ),
  'tenant.membership.granted.v1': consumed(
    z.object({ membershipId, userId, role, unit: unit.optional() }),
    followGrantedMembership,
  ),
  'tenant.membership.revoked.v1': consumed(z.object({ membershipId, userId }), followRevokedMembership),
  'gdpr.export.requested.v1': consumed(z.object({ userId }), exportOnRequest),
  'gdpr.erasure.requested.v1': consumed(z.object({ userId }), eraseOnRequest),
}

/** An event with two effects is received twice, each part of it once. */
function part(event: ReceivedEvent, of: string): ReceivedEvent {
  return { ...event, eventId: `${event.eventId}/${of}` }
}

function consumed<Payload>(
  payload: z.ZodType<Payload>,
  receive: (deps: InboxDeps, event: ReceivedEvent, payload: Payload) => Promise<Reception>,
): ConsumedEvent {
  return { payload, receive: (deps, event, read) => receive(deps, event, read as Payload) }
}
