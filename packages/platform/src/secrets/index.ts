export { openCloudSecrets, type CloudSecretsOptions } from './cloud-secrets.ts'
export { environmentSecrets } from './environment-secrets.ts'
export type { Secrets } from './secrets.ts'
