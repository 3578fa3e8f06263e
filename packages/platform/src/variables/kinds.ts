import * as z from 'zod'

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

/** `gs://<bucket>`, read as the bucket's name. */
export const bucketName = z
  .string()
  .regex(/^gs:\/\/[^/]+$/, 'must be gs://<bucket>')
  .transform((url) => url.slice('gs://'.length))

export const logLevel = z.enum(['debug', 'info', 'warn', 'error'])
