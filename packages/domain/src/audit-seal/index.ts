export type { ExportedEvent, ExportedHead, ExportManifest } from './audit-export.ts'
export { auditSealingState, type AuditSealingState } from './audit-sealing-state.ts'
export { exportAudit, type ExportAudit, type ExportSink } from './export-audit.ts'
export { headStoreIn, type HeadStore } from './head-store.ts'
export { sealAudit } from './seal-audit.ts'
export { signAuditHead, type SignAuditHead } from './sign-audit-head.ts'
export {
  verifyAuditExport,
  type AuditExport,
  type AuditFinding,
  type VerifiedAudit,
  type VerifyAudit,
} from './verify-audit-export.ts'
