import { crc32c } from '@node-rs/crc32'
import { invalidArgument } from '../rpc/status-error.ts'

/** `google.protobuf.Int64Value`; null when the field is not set. */
export type Int64Value = { value: string } | null

/** The checksum that an answer carries for its bytes. */
export function checksumOf(bytes: Buffer): Int64Value {
  return { value: String(crc32c(bytes)) }
}

/** Says whether a checksum was given, which the answer reports. Refuses one that does not match the field's
 *  bytes. */
export function verifyChecksum(field: string, bytes: Buffer, given: Int64Value): boolean {
  if (given === null) return false
  if (Number(given.value) !== crc32c(bytes)) {
    throw invalidArgument(`The checksum in field ${field}_crc32c did not match the data in field ${field}.`)
  }
  return true
}
