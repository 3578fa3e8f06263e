/** What an authenticator says in CBOR (CTAP 2.1 8): maps keep their order, numbers are whole. */
export type Cbor = number | string | Buffer | readonly Cbor[] | ReadonlyMap<number | string, Cbor>

/** Encodes as RFC 8949 4.2 has it, except that a map's order is the caller's. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...(value as Cbor[]).map(cbor)])
  const pairs = [...(value as ReadonlyMap<number | string, Cbor>)]
  return Buffer.concat([head(5, pairs.length), ...pairs.flat().map((each) => cbor(each))])
}

function head(major: number, size: number): Buffer {
  const type = major << 5
  if (size < 24) return Buffer.from([type | size])
  if (size < 0x100) return Buffer.from([type | 24, size])
  const long = size >= 0x1_0000
  const bytes = Buffer.alloc(long ? 5 : 3)
  bytes.writeUInt8(type | (long ? 26 : 25))
  if (long) bytes.writeUInt32BE(size, 1)
  else bytes.writeUInt16BE(size, 1)
  return bytes
}
