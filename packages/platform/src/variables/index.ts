export { databaseOf, databaseVariables, deploymentOf, deploymentVariables, httpVariables } from './shared.ts'
export { cryptoKey, keyVersion, logLevel, objectStore, seconds } from './kinds.ts'
