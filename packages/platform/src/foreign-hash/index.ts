export { verifyForeignHash, type ForeignHash } from './verify-foreign-hash.ts'
