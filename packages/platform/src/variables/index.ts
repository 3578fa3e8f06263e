export { devOnly } from './dev-only.ts'
export { databaseOf, databaseVariables, deploymentOf, deploymentVariables, httpVariables } from './shared.ts'
export { cryptoKey, keyVersion, logLevel, objectStore, seconds } from './kinds.ts'
