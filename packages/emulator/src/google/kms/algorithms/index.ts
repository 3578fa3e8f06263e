import type { Algorithm } from './algorithm.ts'
import { ecSignP256Sha256 } from './ec-sign-p256-sha256.ts'
import { googleSymmetricEncryption } from './google-symmetric-encryption.ts'

/** Every algorithm there is a key for, by its name in the API. A new one is a file beside this and a line
 *  here. */
export const algorithms: Readonly<Record<string, Algorithm>> = {
  GOOGLE_SYMMETRIC_ENCRYPTION: googleSymmetricEncryption,
  EC_SIGN_P256_SHA256: ecSignP256Sha256,
}
