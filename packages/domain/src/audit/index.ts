export { appendAudit, type AuditEvent } from './append-audit.ts'
export { ensureAuditPartitions } from './ensure-audit-partitions.ts'
