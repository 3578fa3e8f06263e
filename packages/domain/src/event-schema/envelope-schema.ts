import * as Type from 'typebox'
import type { EventSchema, RetentionClass } from './define-event.ts'
import type { Frozen } from './events.ts'
import { EventId, IdempotencyKey, TenantId, time } from './words.ts'

const nullable = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

const common = {
  eventId: EventId,
  occurredAt: time('When it happened.'),
  publishedAt: time('When it was published, at this attempt.'),
  producer: Type.String({ description: 'The program that published it.' }),
  producerVersion: Type.String({ description: 'That program’s version.' }),
  tenantId: TenantId,
  orderingKey: Type.String({
    pattern: '^ten_[0-9A-HJKMNP-TV-Z]{26}:.+$',
    description: 'The tenant and what the event is about: events with the same key arrive in their order.',
  }),
  sequence: Type.Integer({
    minimum: 1,
    description: 'Which event of its ordering key this is, counted over all topics.',
  }),
  traceparent: nullable('The trace it happened in (W3C Trace Context).'),
  correlationId: nullable('The request it came of.'),
  causationId: Type.Optional(Type.String({ description: 'The event it came of.' })),
  idempotencyKey: IdempotencyKey,
}

/** The envelope around every payload. */
export type EventEnvelope = Frozen<Type.Static<Type.TObject<typeof common>>> & {
  readonly subject: string
  readonly eventVersion: number
  readonly retentionClass: RetentionClass
  readonly payload: unknown
}

/** An event's whole schema, envelope and payload: exactly what we publish, and nothing besides. */
export function envelopeSchema(name: string, { description, retention, payload }: EventSchema) {
  const version = Number(name.slice(name.lastIndexOf('v') + 1))
  const members = {
    ...common,
    subject: Type.String({
      pattern: `^[a-z][a-z0-9-]*\\.iam\\.${name.replaceAll('.', '\\.')}$`,
      description: 'What the message is; also its attribute.',
    }),
    eventVersion: Type.Literal(version, { type: 'integer', description: 'The subject’s version.' }),
    retentionClass: Type.Literal(retention, { description: 'How long to keep it.' }),
    payload,
  }
  return Type.Object(members, { additionalProperties: false, description })
}
