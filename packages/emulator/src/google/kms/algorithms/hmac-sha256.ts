import { createHmac, randomBytes } from 'node:crypto'
import type { MacAlgorithm } from './algorithm.ts'

/** HMAC with SHA-256 and a key of 256 bits (RFC 2104). */
export const hmacSha256: MacAlgorithm = {
  purpose: 'MAC',
  generate: () => randomBytes(32).toString('base64'),
  mac: (material, data) => createHmac('sha256', Buffer.from(material, 'base64')).update(data).digest(),
}
