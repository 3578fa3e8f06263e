import type { EventSchema } from './define-event.ts'
import { envelopeSchema } from './envelope-schema.ts'

/**
 * An event's schema as consumers get it (JSON Schema 2020-12). It is open where ours is closed: members that it
 * does not name may come, and words that its lists do not hold.
 */
export function publishedSchema(name: string, event: EventSchema): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `iam.${name}.json`,
    title: `<namespace>.iam.${name}`,
    ...(opened(envelopeSchema(name, event)) as Record<string, unknown>),
  }
}

const laterWord = { type: 'string', description: 'A word that was added later.' }

function opened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(opened)
  if (typeof schema !== 'object' || schema === null) return schema
  const { additionalProperties: _closed, ...rest } = schema as Record<string, unknown>
  if ('enum' in rest) {
    const { description, ...list } = rest
    return { description, anyOf: [{ type: 'string', ...list }, laterWord] }
  }
  return Object.fromEntries(Object.entries(rest).map(([keyword, value]) => [keyword, opened(value)]))
}
