import type { Kms } from './kms.ts'
import { grpcCode, KmsError } from './kms-error.ts'

/** Wraps key material under one key of a key management service. */
export function keyWrapping(kms: Pick<Kms, 'encrypt' | 'decrypt'>, keyName: string) {
  return {
    wrap: (plaintext: Buffer, aad: Buffer): Promise<Buffer> => kms.encrypt(keyName, plaintext, aad),
    /** @returns undefined when this key did not wrap it with this `aad`. */
    unwrap: async (wrapped: Buffer, aad: Buffer): Promise<Buffer | undefined> => {
      try {
        return await kms.decrypt(keyName, wrapped, aad)
      } catch (error) {
        if (error instanceof KmsError && error.code === grpcCode.invalidArgument) return undefined
        throw error
      }
    },
  }
}
