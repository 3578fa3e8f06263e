import * as Type from 'typebox'

// What the payloads are made of: ids, words of a list, times and counts. No event carries a personal value.

/** An id of a noun: its prefix and a ULID. */
const id = (prefix: string, description: string) =>
  Type.String({ pattern: `^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`, description })

export const UserId = id('usr', 'The person.')
export const SessionId = id('ses', 'The session.')
export const FactorId = id('mfa', 'The factor.')
export const FactorKind = Type.Enum(['totp', 'passkey'], { description: 'What the factor is.' })
export const DataRequestId = id('dsr', 'The request; the same one when it is told again.')
export const DeviceId = id('dev', 'The device.')
export const ClientId = id('cli', 'The client that the person used.')
export const TenantId = id('ten', 'The tenant whose event this is; key events are the system tenant’s.')
export const EventId = id('evt', 'The event. The same event published again has the same id.')
export const IdempotencyKey = id('evt', 'The event’s id, for whoever looks for a key of this name.')

/** RFC 3339, in UTC to the millisecond. */
export const time = (description: string) =>
  Type.String({
    format: 'date-time',
    pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`,
    description,
  })

/** How the person proved who they are. */
export const Amr = Type.Array(Type.String({ pattern: '^[a-z][a-z0-9]*$' }), {
  description: 'Authentication methods (RFC 8176).',
})

/** Who brought it about, where that was not the person. */
export const Actor = Type.Optional(
  Type.Object(
    {
      type: Type.Enum(['user', 'client', 'operator', 'system'], { description: 'What the actor is.' }),
      id: Type.Optional(
        Type.String({ pattern: '^[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}$', description: 'Its id.' }),
      ),
    },
    { additionalProperties: false, description: 'Who did it, where it was not the person themselves.' },
  ),
)
