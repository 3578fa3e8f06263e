export { makeSigningKey } from './make-signing-key.ts'
export { openKmsCustody, type KmsCustody, type KmsCustodyOptions } from './open-kms-custody.ts'
