export { appendAudit, hasMac, type AuditEvent } from './append-audit.ts'
export { canonicalRow, type AuditRow } from './canonical-row.ts'
export { ensureAuditPartitions } from './ensure-audit-partitions.ts'
export { findAudit, type AuditWanted, type FoundAudit } from './find-audit.ts'
export { keyedRows, keyedRowsText } from './keyed-rows.ts'
export { keyingAudit, keyVersionAt, macBlocksOf } from './keyed-value.ts'
export {
  auditMonths,
  countAuditMonth,
  dropAuditMonth,
  holdAuditMonth,
  monthOf,
  type AuditMonth,
} from './months.ts'
export {
  auditWaiting,
  lastAuditXid,
  oldestAuditAfter,
  readAuditAfter,
  readAuditRows,
  readForeignAudit,
  type AuditPosition,
  type KeyedRow,
} from './read-rows.ts'
export { rowMac, type AuditKeys } from './row-mac.ts'
