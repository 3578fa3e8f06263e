export { countSecretUses, type CountedUse } from './count-secret-uses.ts'
export { secretUses } from './secret-uses.ts'
