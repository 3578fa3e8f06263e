/** How long consumers keep an event: 7 years, 1 year, 90 days, or as analytics does. */
export type RetentionClass = 'regulated' | 'security' | 'operational' | 'analytics'

/** Everything this service tells others, with what each event carries. Ids, never personal values. */
export type DomainEvent =
  | { readonly type: 'user.registered'; readonly payload: { readonly userId: string } }
  | {
      readonly type: 'user.login_succeeded'
      readonly payload: {
        readonly userId: string
        readonly sessionId: string
        readonly amr: readonly string[]
      }
    }
  | {
      readonly type: 'user.login_failed'
      readonly payload: {
        readonly userId: string | null
        readonly reason: 'invalid_credentials' | 'user_suspended'
      }
    }
  | {
      readonly type: 'session.created'
      readonly payload: {
        readonly sessionId: string
        readonly userId: string
        readonly clientId: string
        readonly amr: readonly string[]
        readonly expiresAt: string
      }
    }
  | {
      readonly type: 'session.refreshed'
      readonly payload: {
        readonly sessionId: string
        readonly userId: string
        readonly clientId: string
        readonly generation: number
      }
    }
  | {
      readonly type: 'session.revoked'
      readonly payload: {
        readonly sessionId: string
        readonly userId: string
        readonly reason: string
        /** After a reuse: whether the successor had been used, which a lost reply alone does not explain. */
        readonly successorUsed?: boolean
      }
    }
  | {
      readonly type: 'signing_key.published'
      readonly payload: { readonly kid: string; readonly alg: string }
    }
  | {
      readonly type: 'signing_key.activated'
      readonly payload: { readonly kid: string; readonly alg: string; readonly activateAt: string }
    }
  | { readonly type: 'signing_key.retired'; readonly payload: { readonly kid: string; readonly alg: string } }

export type EventType = DomainEvent['type']

/** The version of each event's payload now, and how long it is kept. A breaking change is a new version beside the old. */
export const eventTypes: Record<EventType, { readonly version: number; readonly retention: RetentionClass }> =
  {
    'user.registered': { version: 1, retention: 'regulated' },
    'user.login_succeeded': { version: 1, retention: 'security' },
    'user.login_failed': { version: 1, retention: 'security' },
    'session.created': { version: 1, retention: 'security' },
    'session.refreshed': { version: 1, retention: 'operational' },
    'session.revoked': { version: 1, retention: 'security' },
    'signing_key.published': { version: 1, retention: 'regulated' },
    'signing_key.activated': { version: 1, retention: 'regulated' },
    'signing_key.retired': { version: 1, retention: 'regulated' },
  }
