import type { KeyedRow } from '../audit/index.ts'
import type { ProofStep } from './merkle.ts'

/** Bytes are hexadecimal, times ISO 8601. */
type Written<T> = {
  readonly [K in keyof T]: T[K] extends Buffer | null ? string | null : T[K] extends Date ? string : T[K]
}

/** An event as an export has it, with its place in the tenant's chain. */
export interface ExportedEvent extends Written<KeyedRow> {
  readonly seq: number
  readonly chain: string
}

/** A signed head as an export has it, with the proof of where the tenant's chain ended below it. */
export interface ExportedHead {
  readonly jws: string
  /** None while the tenant has no event. */
  readonly end: { readonly seq: number; readonly chain: string } | null
  readonly proof: readonly ProofStep[]
}

/** What an export says of itself. */
export interface ExportManifest {
  readonly v: 1
  readonly tenantId: string
  readonly from: string
  readonly to: string
  readonly exportedAt: string
  /** The link before the first event; null when that is the tenant's first. */
  readonly before: { readonly seq: number; readonly chain: string } | null
  readonly events: number
  readonly heads: number
}

/** The event as it is written into an export, its members always in the same order. */
export function writeEvent(
  row: KeyedRow,
  place: { readonly seq: number; readonly chain: Buffer },
): ExportedEvent {
  const hex = (bytes: Buffer | null) => bytes?.toString('hex') ?? null
  const { tenantId, id, actorType, actorId, action, targetType, targetId, outcome, reason, requestId } = row
  return {
    tenantId,
    seq: place.seq,
    id,
    occurredAt: row.occurredAt.toISOString(),
    actorType,
    actorId,
    action,
    targetType,
    targetId,
    outcome,
    reason,
    requestId,
    subjectHmac: hex(row.subjectHmac),
    personal: hex(row.personal),
    macKey: row.macKey,
    mac: hex(row.mac),
    chain: place.chain.toString('hex'),
  }
}

/** The event that an export holds. */
export function readEvent(event: ExportedEvent): KeyedRow {
  const bytes = (hex: string | null) => (hex === null ? null : Buffer.from(hex, 'hex'))
  const { occurredAt, subjectHmac, personal, mac } = event
  return {
    ...event,
    occurredAt: new Date(occurredAt),
    subjectHmac: bytes(subjectHmac),
    personal: bytes(personal),
    mac: bytes(mac),
  }
}
