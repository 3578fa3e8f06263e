import type { EventPayload, RetentionClass } from '../event-schema/index.ts'

interface Kind {
  readonly version: number
  readonly retention: RetentionClass
}

/**
 * Everything this service tells others: the version of each event's payload now, and how long it is kept. What it
 * carries stands in event-schema/, whose types alone are taken here: no schema is built in a running process.
 */
export const eventTypes = {
  'user.registered': { version: 1, retention: 'regulated' },
  'user.registration_refused': { version: 1, retention: 'security' },
  'user.email_verified': { version: 1, retention: 'regulated' },
  'user.email_changed': { version: 1, retention: 'regulated' },
  'user.login_succeeded': { version: 1, retention: 'security' },
  'user.login_failed': { version: 1, retention: 'security' },
  'user.locked': { version: 1, retention: 'security' },
  'user.unlocked': { version: 1, retention: 'security' },
  'user.mfa_enrolled': { version: 1, retention: 'regulated' },
  'user.mfa_removed': { version: 1, retention: 'regulated' },
  'user.breach_found': { version: 1, retention: 'security' },
  'user.suspended': { version: 1, retention: 'regulated' },
  'user.reactivated': { version: 1, retention: 'regulated' },
  'user.erased': { version: 1, retention: 'regulated' },
  'user.role_granted': { version: 1, retention: 'regulated' },
  'user.role_revoked': { version: 1, retention: 'regulated' },
  'session.created': { version: 1, retention: 'security' },
  'session.refreshed': { version: 1, retention: 'operational' },
  'session.revoked': { version: 1, retention: 'security' },
  'password.reset_requested': { version: 1, retention: 'security' },
  'password.reset_completed': { version: 1, retention: 'security' },
  'password.changed': { version: 1, retention: 'security' },
  'password.breached': { version: 1, retention: 'security' },
  'device.registered': { version: 1, retention: 'regulated' },
  'device.trusted': { version: 1, retention: 'regulated' },
  'device.revoked': { version: 1, retention: 'regulated' },
  'dsar.completed': { version: 1, retention: 'regulated' },
  'certificate.expiring': { version: 1, retention: 'operational' },
  'signing_key.compromised': { version: 1, retention: 'regulated' },
  'signing_key.published': { version: 1, retention: 'regulated' },
  'signing_key.activated': { version: 1, retention: 'regulated' },
  'signing_key.retired': { version: 1, retention: 'regulated' },
  'key_set.anchor_announced': { version: 1, retention: 'regulated' },
  'key_set.anchor_withdrawn': { version: 1, retention: 'regulated' },
  'key_set.anchor_switched': { version: 1, retention: 'regulated' },
} as const satisfies Record<string, Kind>

export type EventType = keyof typeof eventTypes

/** What an event carries in its version now. Ids, never personal values. */
export type PayloadOf<Type extends EventType> =
  EventPayload<`${Type}.v${(typeof eventTypes)[Type]['version']}`>

/** An event to be written to the outbox with the change that made it true. */
export type DomainEvent = {
  [Type in EventType]: { readonly type: Type; readonly payload: PayloadOf<Type> }
}[EventType]
