import * as z from 'zod'

// An environment is read once: a function that is compiled for each of its objects would cost more than it saves.
z.config({ jitless: true })

/** A whole number of seconds, at least one. */
export const seconds = z.coerce.number().int().positive()

/** The full name of a crypto key in Cloud KMS. */
export const cryptoKey = z
  .string()
  .regex(/^projects\/.+\/cryptoKeys\/[^/]+$/, 'must be the name of a crypto key')

/** The full name of one version of a key in Cloud KMS. */
export const keyVersion = z
  .string()
  .regex(/\/cryptoKeys\/[^/]+\/cryptoKeyVersions\/\d+$/, 'must be the name of a key version')

/** The key that signs audit heads, where it is not named: `audit` in the ring of the one that signs the key set. */
export function auditKeyBeside(version: string): string {
  return version.replace(/\/cryptoKeys\/.*$/, '/cryptoKeys/audit/cryptoKeyVersions/1')
}

/** The spare of the key that signs the key set, where it is not named: `publish-spare` in the same ring. */
export function sparePublishKey(version: string): string {
  return version.replace(/\/cryptoKeys\/.*$/, '/cryptoKeys/publish-spare/cryptoKeyVersions/1')
}

/** Where objects are: a bucket of Cloud Storage, or a directory such as a mounted volume. */
export const objectStore = z
  .string()
  .regex(/^(gs:\/\/[a-z0-9._-]+|file:\/\/\/.+)$/, 'must be gs://<bucket> or file:///<directory>')

/** Where rows go that are too old for the database. */
export const coldStore = z
  .string()
  .regex(
    /^(off|bigquery:\/\/[a-z0-9:.-]+\/\w+(\?location=[\w-]+)?|gs:\/\/[a-z0-9._-]+|file:\/\/\/.+)$/,
    'must be bigquery://<project>/<dataset>, gs://<bucket> or file:///<directory>, or off',
  )

/** The algorithms that access tokens are signed with, the usual one first (RFC 7518 3.1, RFC 8037 3.1). */
export const signingAlgs = z
  .string()
  .default('ES256')
  .transform((text) => text.split(',').map((item) => item.trim()))
  .pipe(z.array(z.enum(['ES256', 'RS256', 'EdDSA'])))
  .refine((algs) => new Set(algs).size === algs.length, 'must name each algorithm once')

export const logLevel = z.enum(['debug', 'info', 'warn', 'error'])

/** Thumbprints of keys (RFC 7638), with commas between. */
export const thumbprints = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}(,[A-Za-z0-9_-]{43})*$/, 'must be RFC 7638 thumbprints with commas between')
  .transform((text) => text.split(','))

/** Where other regions' documents are read: `<region>=<URL>`, with commas between. */
export const regionSources = z
  .string()
  .regex(/^[\w-]+=(https?|file):\/\/[^,]+(,[\w-]+=(https?|file):\/\/[^,]+)*$/, 'must be region=URL,…')
  .transform((text): ReadonlyMap<string, string> => {
    const pairs = text.split(',').map((pair) => /^([\w-]+)=(.+)$/.exec(pair) ?? [])
    return new Map(pairs.map(([, region = '', url = '']) => [region, url]))
  })
