import { openCloudSecrets, type CloudSecretsOptions } from './cloud-secrets.ts'
import { environmentSecrets } from './environment-secrets.ts'
import type { Secrets } from './secrets.ts'

export type SecretsSource =
  | ({ readonly from: 'secret-manager' } & CloudSecretsOptions)
  | { readonly from: 'environment'; readonly variables: Readonly<Record<string, string | undefined>> }

/** Opens wherever secrets are kept. */
export async function openSecrets(source: SecretsSource): Promise<Secrets> {
  return source.from === 'environment' ? environmentSecrets(source.variables) : openCloudSecrets(source)
}
