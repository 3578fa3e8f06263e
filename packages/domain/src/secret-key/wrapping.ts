/** Seals key material under a key that never leaves the key-management service. */
export interface KeyWrapping {
  wrap(plaintext: Buffer, aad: Buffer): Promise<Buffer>
  /** @returns undefined when it was not sealed under this key with this `aad`. @throws when that cannot be told now. */
  unwrap(ciphertext: Buffer, aad: Buffer): Promise<Buffer | undefined>
}

/** Which deployment this is: part of every seal and endorsement, so that nothing of one is accepted by another. */
export interface Deployment {
  readonly env: string
  readonly project: string
  readonly region: string
  readonly issuer: string
}

/** Additional authenticated data from fields, each with its length in front, so that no two lists spell the same. */
export function lengthPrefixed(fields: readonly string[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
