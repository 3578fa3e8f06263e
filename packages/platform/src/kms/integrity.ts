import { crc32c } from '@node-rs/crc32'
import { damaged } from './kms-error.ts'

/** `google.protobuf.Int64Value` in an answer: 64-bit numbers are texts, and null is unset. */
export type Int64Value = { value: string } | null

/** What a request carries so that KMS can tell whether the bytes arrived as they were sent. */
export function checksumOf(bytes: Buffer): { value: number } {
  return { value: crc32c(bytes) }
}

/** Refuses bytes of an answer that do not have the checksum it came with, or that came without one. */
export function requireChecksum(what: string, bytes: Buffer, given: Int64Value): void {
  if (given === null || Number(given.value) !== crc32c(bytes))
    throw damaged(`the ${what} has another checksum`)
}

/** Refuses an answer to a request whose checksum KMS says it has not verified: it may have seen other
 *  bytes. */
export function requireVerified(what: string, verified: boolean): void {
  if (!verified) throw damaged(`the ${what} arrived without its checksum`)
}

/** Refuses an answer that names another key than the request did. */
export function requireName(matches: boolean, name: string): void {
  if (!matches) throw damaged(`${name} answered for another key`)
}
