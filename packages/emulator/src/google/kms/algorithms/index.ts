import type { Algorithm } from './algorithm.ts'
import { ecSignEd25519 } from './ec-sign-ed25519.ts'
import { ecSignP256Sha256 } from './ec-sign-p256-sha256.ts'
import { googleSymmetricEncryption } from './google-symmetric-encryption.ts'
import { hmacSha256 } from './hmac-sha256.ts'
import { rsaSignPkcs1Sha256 } from './rsa-sign-pkcs1-sha256.ts'
import { rsaSignPssSha256 } from './rsa-sign-pss-sha256.ts'

/** Every algorithm there is a key for, by its name in the API. A new one is a file beside this and a line
 *  here. */
export const algorithms: Readonly<Record<string, Algorithm>> = {
  GOOGLE_SYMMETRIC_ENCRYPTION: googleSymmetricEncryption,
  EC_SIGN_P256_SHA256: ecSignP256Sha256,
  EC_SIGN_ED25519: ecSignEd25519,
  RSA_SIGN_PKCS1_2048_SHA256: rsaSignPkcs1Sha256(2048),
  RSA_SIGN_PKCS1_3072_SHA256: rsaSignPkcs1Sha256(3072),
  RSA_SIGN_PKCS1_4096_SHA256: rsaSignPkcs1Sha256(4096),
  RSA_SIGN_PSS_2048_SHA256: rsaSignPssSha256(2048),
  HMAC_SHA256: hmacSha256,
}
