// Schemas are built when this is loaded, so no process loads it: they take its types alone. `npm run generate`
// writes what consumers get, and tests hold every event that is written against it.
export type { EventSchema, RetentionClass } from './define-event.ts'
export { envelopeSchema, type EventEnvelope } from './envelope-schema.ts'
export { eventSchemas, type EventName, type EventPayload } from './events.ts'
export { publishedFiles } from './published-files.ts'
