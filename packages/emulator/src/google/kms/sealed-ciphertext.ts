const format = 1
const headerBytes = 5

/** Puts the number of the version in front of what it sealed: a ciphertext remembers who can open it. */
export function wrapCiphertext(versionName: string, sealed: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(format, 0)
  header.writeUInt32BE(Number(versionName.slice(versionName.lastIndexOf('/') + 1)), 1)
  return Buffer.concat([header, sealed])
}

/** The number of the version and what it sealed; undefined for bytes that are no ciphertext. */
export function unwrapCiphertext(ciphertext: Buffer): { version: number; sealed: Buffer } | undefined {
  if (ciphertext.length <= headerBytes || ciphertext.readUInt8(0) !== format) return undefined
  return { version: ciphertext.readUInt32BE(1), sealed: ciphertext.subarray(headerBytes) }
}
