import { requireSecretName, type Secrets } from './secrets.ts'

/** Secrets from variables, for development: `hibp-api-key` is `IAM_SECRET_HIBP_API_KEY`. */
export function environmentSecrets(env: Readonly<Record<string, string | undefined>>): Secrets {
  return {
    read: async (name) => {
      requireSecretName(name)
      const text = env[`IAM_SECRET_${name.toUpperCase().replaceAll('-', '_')}`]
      return text === '' ? undefined : text
    },
    close: async () => undefined,
  }
}
