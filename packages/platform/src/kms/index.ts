export { makeKmsProtos } from './generate-protos.ts'
export type { Kms } from './kms.ts'
export { KmsError } from './kms-error.ts'
export { type KmsOptions, openKms } from './open-kms.ts'
