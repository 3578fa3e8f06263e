export { devOnly } from './dev-only.ts'
export { faultless } from './faultless.ts'
export {
  databaseOf,
  databaseVariables,
  deploymentOf,
  deploymentVariables,
  exportStoreOf,
  httpVariables,
  secretVariables,
  missingSignKey,
  signKeyPrefixOf,
  signingKeysOf,
  signingKeyVariables,
  secretWrapKeyBeside,
  statusWrapKeyBeside,
} from './shared.ts'
export {
  coldStore,
  cryptoKey,
  keyVersion,
  logLevel,
  objectStore,
  regionSources,
  thumbprints,
  seconds,
  signingAlgs,
  auditKeyBeside,
  sparePublishKey,
} from './kinds.ts'
export { telemetryOf, telemetryVariables } from './telemetry.ts'
