export { ensureAuditKey } from './ensure-audit-key.ts'
export { generateSecretKey, type NewSecretKey } from './generate-secret-key.ts'
export { loadSecretKeys } from './load-secret-keys.ts'
export {
  insertSecretKey,
  listSecretKeys,
  readSecretKeys,
  type SecretKeyRow,
} from './queries.ts'
export { seal, unseal } from './seal.ts'
export { SecretRings, type SecretRing, type VersionedKey } from './secret-rings.ts'
export { isSecretPurpose, secretPurposes, type SecretPurpose } from './secret-purposes.ts'
export { planSecretKeys, type SecretKeyAction, type SecretKeyPolicy } from './plan-secret-keys.ts'
export { readSecretRotation, rotateEvery, type SecretRotation } from './secret-rotation.ts'
export type { SecretUse, SecretUses, VersionCount } from './secret-uses.ts'
export { unwrapsNow } from './unwraps-now.ts'
export type { Deployment, KeyWrapping } from './wrapping.ts'
export { lengthPrefixed } from './wrapping.ts'
export { tendSecretKeys } from './tend-secret-keys.ts'
export { rotateSecretKey, type SecretRotated } from './rotate-secret-key.ts'
export { describeSecretKeys, type DescribedSecret } from './describe-secret-keys.ts'
export { destroySecretKeys } from './destroy-secret-keys.ts'
