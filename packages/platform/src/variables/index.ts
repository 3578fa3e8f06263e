export { devOnly } from './dev-only.ts'
export {
  databaseOf,
  databaseVariables,
  deploymentOf,
  deploymentVariables,
  httpVariables,
  signingKeysOf,
  signingKeyVariables,
} from './shared.ts'
export {
  cryptoKey,
  keyVersion,
  logLevel,
  objectStore,
  seconds,
  signingAlgs,
  sparePublishKey,
} from './kinds.ts'
