/** Where stand-ins for Google are. They ask nobody for credentials. */
const emulators = [
  'IAM_KMS_ENDPOINT',
  'IAM_PUBSUB_ENDPOINT',
  'IAM_OBJECT_STORE_ENDPOINT',
  'IAM_AUDIT_COLD_STORE_ENDPOINT',
  'IAM_CDN_ENDPOINT',
  'IAM_SECRETS_ENDPOINT',
]

/** Addresses whose traffic anyone on the way could otherwise read or answer. */
const encrypted = [
  'IAM_ISSUER',
  'IAM_HIBP_URL',
  'IAM_HIBP_API_URL',
  'IAM_RISK_SERVICE_URL',
  'IAM_TOR_EXITS_URL',
]
/** Of IAM_LIMITS: its default, read or as it was written. */
const asTheyShouldBe: readonly unknown[] = [undefined, '', 1, '1']

interface Fault {
  readonly variable: string
  readonly message: string
}

/**
 * The rule for what only `IAM_ENV=dev` may have: emulators, addresses without encryption, and limits on
 * requests that are higher than they should be.
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
  const limits = {
    variable: 'IAM_LIMITS',
    message: 'raises limits on requests, which only IAM_ENV=dev may do',
  }
  return [...plain, ...faults, ...(asTheyShouldBe.includes(env['IAM_LIMITS']) ? [] : [limits])]
}
