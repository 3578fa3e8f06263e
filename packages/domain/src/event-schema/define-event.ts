import * as Type from 'typebox'

/** How long consumers keep an event: 7 years, 1 year, 90 days, or as analytics does. */
export type RetentionClass = 'regulated' | 'security' | 'operational' | 'analytics'

/** One event as it is promised to consumers: exactly these members now, more of them later. */
export interface EventSchema<Payload extends Type.TProperties = Type.TProperties> {
  /** When it happens, in a sentence. */
  readonly description: string
  readonly retention: RetentionClass
  readonly payload: Type.TObject<Payload>
}

/** Defines an event by when it happens, how long it is kept, and what it carries. */
export function defineEvent<Payload extends Type.TProperties>(
  description: string,
  { retention, payload }: { retention: RetentionClass; payload: Payload },
): EventSchema<Payload> {
  return { description, retention, payload: Type.Object(payload, { additionalProperties: false }) }
}
