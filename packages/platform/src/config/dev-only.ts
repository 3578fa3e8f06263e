/** Where stand-ins for Google are. They ask nobody for credentials. */
const emulators = ['IAM_KMS_ENDPOINT', 'IAM_PUBSUB_ENDPOINT', 'IAM_OBJECT_STORE_ENDPOINT']

interface Fault {
  readonly variable: string
  readonly message: string
}

/**
 * The rule for what only `IAM_ENV=dev` may have: emulators, and an issuer whose traffic anyone on the way can read.
 * @returns what breaks it; always nothing in dev.
 */
export function devOnlyFaults(env: Readonly<Record<string, unknown>>): Fault[] {
  if (env['IAM_ENV'] === 'dev') return []
  const faults = emulators
    .filter((variable) => (env[variable] ?? '') !== '')
    .map((variable) => ({ variable, message: 'names an emulator, which only IAM_ENV=dev may use' }))
  const plain = /^http:/i.test(String(env['IAM_ISSUER']))
  const issuer = { variable: 'IAM_ISSUER', message: 'must be an https URL, except where IAM_ENV is dev' }
  return plain ? [issuer, ...faults] : faults
}
