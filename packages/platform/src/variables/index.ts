export { databaseOf, databaseVariables, deploymentOf, deploymentVariables, httpVariables } from './shared.ts'
export { bucketName, cryptoKey, keyVersion, logLevel, seconds } from './kinds.ts'
