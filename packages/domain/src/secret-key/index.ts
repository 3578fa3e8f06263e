export { generateSecretKey, type NewSecretKey } from './generate-secret-key.ts'
export { loadSecretKeys } from './load-secret-keys.ts'
export {
  insertSecretKey,
  listSecretKeys,
  retireSecretKey,
  deleteSecretKey,
  type SecretKeyRow,
} from './queries.ts'
export { seal, unseal } from './seal.ts'
export { SecretRings, type SecretRing, type VersionedKey } from './secret-rings.ts'
export { secretPurposes, type SecretPurpose } from './secret-purposes.ts'
export { planSecretKeys, type SecretKeyAction } from './plan-secret-keys.ts'
export type { Deployment, KeyWrapping } from './wrapping.ts'
export { lengthPrefixed } from './wrapping.ts'
export { tendSecretKeys } from './tend-secret-keys.ts'
