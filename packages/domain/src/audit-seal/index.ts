export {
  readEvent,
  writeEvent,
  type ExportedEvent,
  type ExportedHead,
  type ExportManifest,
} from './audit-export.ts'
export { auditSealingState, type AuditSealingState } from './audit-sealing-state.ts'
export { chainLink, chainStart } from './chain.ts'
export { exportAudit, type ExportAudit, type ExportSink } from './export-audit.ts'
export { headStoreIn, type HeadStore } from './head-store.ts'
export { readHead } from './head.ts'
export { merkleRoot, type ChainEnd } from './merkle.ts'
export { chainAt, chainEnds, endsAtHead, headAt, sealsByPlace, sealsOfTime, type Seal } from './queries.ts'
export { rowsOfSeals, type ArchivedRows } from './rows-of-seals.ts'
export { sealAudit } from './seal-audit.ts'
export { signAuditHead, type SignAuditHead } from './sign-audit-head.ts'
export {
  verifyAuditExport,
  type AuditExport,
  type AuditFinding,
  type VerifiedAudit,
  type VerifyAudit,
} from './verify-audit-export.ts'
