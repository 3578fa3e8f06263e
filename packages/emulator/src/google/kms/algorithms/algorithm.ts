/** Seals bytes under a symmetric key. `material` is the stored secret, base64. */
export type EncryptionAlgorithm = {
  purpose: 'ENCRYPT_DECRYPT'
  generate(): string
  seal(material: string, plaintext: Buffer, aad: Buffer): Buffer
  /** Gives undefined when the bytes, the additional data or the key are not those of the sealing. */
  open(material: string, sealed: Buffer, aad: Buffer): Buffer | undefined
}

/** Signs with a private key. `material` is the stored private key, PKCS #8 in base64. */
export type SigningAlgorithm = {
  purpose: 'ASYMMETRIC_SIGN'
  /** The field of `Digest` that this algorithm takes; undefined where it takes data alone. */
  digest: 'sha256' | undefined
  generate(): string
  publicKeyPem(material: string): string
  signDigest(material: string, digest: Buffer): Buffer
  signData(material: string, data: Buffer): Buffer
}

/** Makes message authentication codes. `material` is the stored secret, base64. */
export type MacAlgorithm = {
  purpose: 'MAC'
  generate(): string
  mac(material: string, data: Buffer): Buffer
}

export type Algorithm = EncryptionAlgorithm | SigningAlgorithm | MacAlgorithm
