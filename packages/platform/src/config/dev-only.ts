/** Where stand-ins for Google are. They ask nobody for credentials. */
const emulators = ['IAM_KMS_ENDPOINT', 'IAM_PUBSUB_ENDPOINT', 'IAM_OBJECT_STORE_ENDPOINT']

/** Addresses whose traffic anyone on the way could otherwise read or answer. */
const encrypted = ['IAM_ISSUER', 'IAM_HIBP_URL']

interface Fault {
  readonly variable: string
  readonly message: string
}

/**
 * The rule for what only `IAM_ENV=dev` may have: emulators, and addresses without encryption.
 * @returns what breaks it; always nothing in dev.
 */
export function devOnlyFaults(env: Readonly<Record<string, unknown>>): Fault[] {
  if (env['IAM_ENV'] === 'dev') return []
  const faults = emulators
    .filter((variable) => (env[variable] ?? '') !== '')
    .map((variable) => ({ variable, message: 'names an emulator, which only IAM_ENV=dev may use' }))
  const plain = encrypted
    .filter((variable) => /^http:/i.test(String(env[variable])))
    .map((variable) => ({ variable, message: 'must be an https URL, except where IAM_ENV is dev' }))
  return [...plain, ...faults]
}
