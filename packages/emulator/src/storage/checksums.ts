import { createHash } from 'node:crypto'
import { crc32c } from '@node-rs/crc32'

/** Base64 of the big-endian bytes, as the API shows a CRC32C. */
export function crc32cBase64(body: Buffer): string {
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32c(body))
  return checksum.toString('base64')
}

/** Base64 of the MD5, as the API shows it. */
export function md5Base64(body: Buffer): string {
  return createHash('md5').update(body).digest('base64')
}
