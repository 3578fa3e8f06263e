import type { ReceivedEvent } from '@iam/domain/inbox'
import type { Id } from '@iam/domain/kit'
import type { IncomingMessage } from '@iam/platform/pubsub'
import { startSpan } from '@iam/platform/telemetry'
import * as z from 'zod'
import { consumedEvents, type ConsumedEvent } from './consumed-events.ts'

/** What a message is: one of ours to act upon, none of our business, or one that cannot be taken and why. */
export type Read =
  | {
      readonly is: 'event'
      readonly event: ReceivedEvent
      readonly payload: unknown
      readonly receive: ConsumedEvent['receive']
    }
  | { readonly is: 'ignored'; readonly subject: string }
  | { readonly is: 'refused'; readonly reason: string }

const largest = 256 * 1024

/** The envelope that all services of the namespace share, as far as it is used here. */
const envelopeOf = (payload: z.ZodType) =>
  z.object({
    eventId: z.string().regex(/^[\w.:-]{1,128}$/),
    subject: z.string(),
    tenantId: z.string().regex(/^ten_[0-9A-HJKMNP-TV-Z]{26}$/),
    occurredAt: z.iso.datetime({ offset: true }),
    sequence: z.int().positive().optional(),
    traceparent: z.string().nullish(),
    correlationId: z
      .string()
      .regex(/^[\w.:-]{1,128}$/)
      .nullish(),
    payload,
  })

/**
 * Reads a message. What is not as its subject promises is refused, with the names of the members that are wrong and
 * never their values.
 */
export function readMessage({ data, attributes }: IncomingMessage, namespace: string): Read {
  const body = parse(data)
  if (typeof body !== 'object' || body === null)
    return { is: 'refused', reason: 'The message is no JSON object.' }
  const subject = attributes['subject'] ?? ('subject' in body ? String(body.subject) : '')
  if (!subject.startsWith(`${namespace}.`))
    return { is: 'refused', reason: 'The subject is of another namespace.' }
  const name = subject.slice(namespace.length + 1)
  const kind = Object.hasOwn(consumedEvents, name) ? consumedEvents[name] : undefined
  if (kind === undefined) return isUnknownVersion(name) ? unknownVersion : { is: 'ignored', subject }
  const read = envelopeOf(kind.payload).safeParse(body)
  if (!read.success) return { is: 'refused', reason: faultsOf(read.error) }
  const { eventId, tenantId, occurredAt, sequence, traceparent, correlationId, payload } = read.data
  const event = {
    eventId,
    subject,
    tenantId: tenantId as Id<'ten'>,
    sequence,
    occurredAt: new Date(occurredAt),
    origin: {
      requestId: correlationId ?? eventId,
      traceparent: contextIn(attributes) ?? traceparent ?? startSpan(undefined).traceparent,
    },
  }
  return { is: 'event', event, payload, receive: kind.receive }
}

/** The span that sent it, as it says itself or as Google's clients do. */
function contextIn(attributes: IncomingMessage['attributes']): string | undefined {
  return attributes['traceparent'] ?? attributes['googclient_traceparent']
}

const unknownVersion = { is: 'refused', reason: 'This version of the event is not known here.' } as const

/** Whether we act upon another version of it: what an unknown one says must not be lost. */
function isUnknownVersion(name: string): boolean {
  const withoutVersion = (text: string) => text.replace(/\.v\d+$/, '')
  return Object.keys(consumedEvents).some((known) => withoutVersion(known) === withoutVersion(name))
}

function parse(data: Buffer): unknown {
  if (data.length > largest) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data))
  } catch {
    return undefined
  }
}

function faultsOf({ issues }: z.ZodError): string {
  const members = issues.map(({ path, code }) => `${path.join('.') || 'the message'} (${code})`)
  return `Not as its subject promises: ${[...new Set(members)].join(', ')}`.slice(0, 500)
}
