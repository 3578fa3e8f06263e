import { envelopeSchema, eventSchemas } from '@iam/domain/event-schema'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

// Formats stand beside patterns that say the same.
const ajv = new Ajv2020({ strict: true, strictTypes: false, validateFormats: false, allErrors: true })
const validators = new Map<string, ValidateFunction>()

/**
 * What is wrong with a message as it is published: its envelope or payload differs from the schema of its subject,
 * which no message may, in either direction. @returns nothing when it is as it should be.
 */
export function eventFaults({ data, attributes }: PublishedMessage): string[] {
  const envelope = JSON.parse(data.toString()) as { subject?: unknown; eventId?: unknown; tenantId?: unknown }
  const { subject, eventId, tenantId } = envelope
  const named = /^[^.]+\.iam\.(.+)$/.exec(String(subject))?.[1] ?? ''
  const validate = validatorOf(named)
  if (validate === undefined) return [`${String(subject)} has no schema`]
  validate(envelope)
  const faults = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${named}${instancePath} ${message} ${JSON.stringify(params)}`,
  )
  const told = { subject, eventId, tenantId }
  const misnamed = Object.entries(told).filter(([name, value]) => attributes[name] !== value)
  return [...faults, ...misnamed.map(([name]) => `${named} has another ${name} as its attribute`)]
}

interface PublishedMessage {
  readonly data: Buffer
  readonly attributes: Readonly<Record<string, string>>
}

function validatorOf(name: string): ValidateFunction | undefined {
  const known = validators.get(name)
  const event = eventSchemas[name]
  if (known !== undefined || event === undefined) return known
  const compiled = ajv.compile(envelopeSchema(name, event))
  validators.set(name, compiled)
  return compiled
}
