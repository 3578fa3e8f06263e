/** An audit event as it stands in the table, but for what the database itself gives it: `xid`, and its mac. */
export interface AuditRow {
  readonly tenantId: string
  readonly id: string
  readonly occurredAt: Date
  readonly actorType: string
  readonly actorId: string | null
  readonly action: string
  readonly targetType: string
  readonly targetId: string | null
  readonly outcome: string
  readonly reason: string | null
  readonly requestId: string | null
  readonly subjectHmac: Buffer | null
  readonly personal: Buffer | null
  /** The version of the key that its mac was made with; null for a row that has none. */
  readonly macKey: number | null
}

const form = 'iam-audit-row/v1'
const absent = Buffer.from('ffffffff', 'hex')

/**
 * A row as bytes, every member with its length in front and none left out, so that no two rows spell the same. Times
 * are milliseconds since the epoch, bytes are hexadecimal. The mac and the chain are made over this.
 */
export function canonicalRow(row: AuditRow): Buffer {
  return Buffer.concat(
    [
      form,
      row.tenantId,
      row.id,
      String(row.occurredAt.getTime()),
      row.actorType,
      row.actorId,
      row.action,
      row.targetType,
      row.targetId,
      row.outcome,
      row.reason,
      row.requestId,
      row.subjectHmac?.toString('hex') ?? null,
      row.personal?.toString('hex') ?? null,
      row.macKey === null ? null : String(row.macKey),
    ].flatMap((member) => prefixed(member)),
  )
}

function prefixed(member: string | null): Buffer[] {
  if (member === null) return [absent]
  const bytes = Buffer.from(member)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return [length, bytes]
}
