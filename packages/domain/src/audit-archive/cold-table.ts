import type { ExportedEvent } from '../audit-seal/index.ts'

type Value = string | number | null

/** A row as cold stores have it, by the names of `coldAuditTable`. */
export type ColdRow = Readonly<Record<string, Value>>

const columns = {
  tenantId: { name: 'tenant_id', type: 'text', nullable: false },
  seq: { name: 'seq', type: 'integer', nullable: false },
  id: { name: 'id', type: 'text', nullable: false },
  occurredAt: { name: 'occurred_at', type: 'time', nullable: false },
  actorType: { name: 'actor_type', type: 'text', nullable: false },
  actorId: { name: 'actor_id', type: 'text', nullable: true },
  action: { name: 'action', type: 'text', nullable: false },
  targetType: { name: 'target_type', type: 'text', nullable: false },
  targetId: { name: 'target_id', type: 'text', nullable: true },
  outcome: { name: 'outcome', type: 'text', nullable: false },
  reason: { name: 'reason', type: 'text', nullable: true },
  requestId: { name: 'request_id', type: 'text', nullable: true },
  subjectHmac: { name: 'subject_hmac', type: 'text', nullable: true },
  personal: { name: 'personal', type: 'text', nullable: true },
  macKey: { name: 'mac_key', type: 'integer', nullable: true },
  mac: { name: 'mac', type: 'text', nullable: true },
  chain: { name: 'chain', type: 'text', nullable: false },
} as const satisfies Record<keyof ExportedEvent, object>

const members = Object.entries(columns) as [keyof ExportedEvent, { readonly name: string }][]

/** What the audit trail is in a cold store. Bytes are hexadecimal, and personal values stay sealed. */
export const coldAuditTable = {
  name: 'audit_event',
  columns: Object.values(columns),
  time: columns.occurredAt.name,
  order: [columns.tenantId.name, columns.seq.name],
} as const

/** An event as a cold store takes it. */
export function writeColdRow(event: ExportedEvent): ColdRow {
  return Object.fromEntries(members.map(([member, { name }]) => [name, event[member]]))
}

/** The event that a cold store gave. */
export function readColdRow(row: ColdRow): ExportedEvent {
  return Object.fromEntries(
    members.map(([member, { name }]) => [member, row[name]]),
  ) as unknown as ExportedEvent
}
