export { openKmsCustody, type KmsCustody, type KmsCustodyOptions } from './open-kms-custody.ts'
