import type { Admission } from '../admission/index.ts'
import type { RecentTokens } from './recent-tokens.ts'
import { Refusal } from '../kit/index.ts'
import { isSignatureOf } from './jws-signature.ts'
import type { LoadedSigningKey } from './signing-keys.ts'
import type { SigningPace } from './signing-pace.ts'

/** What signs with keys that are versions of keys in KMS. */
export interface KmsSigning {
  /** @returns the signature in JOSE's form. */
  readonly sign: (version: string, bytes: Buffer) => Promise<Buffer>
  /** Whether an error of `sign` says that a quota is used up. */
  readonly isQuotaUsedUp: (error: unknown) => boolean
  /** Who may sign now: tenants take turns. */
  readonly admission: Pick<Admission, 'enter'>
  readonly pace: SigningPace
  readonly recentTokens: RecentTokens
  /** Hears why nothing was signed. */
  readonly onFailure: (error: unknown, kid: string) => void
}

type KmsKey = Pick<LoadedSigningKey, 'kid' | 'alg' | 'publicKey'> & { readonly version: string }

/**
 * Signs in KMS, in the tenant's turn. What comes back is held against the key that was endorsed, whatever KMS or the
 * row that names the version says: nothing else is issued, and nothing else signs in its place.
 * @throws Refusal `temporarily_unavailable`.
 */
export async function signInKms(
  { kms, key }: { readonly kms: KmsSigning; readonly key: KmsKey },
  input: string,
  tenantId: string,
): Promise<string> {
  const release = await kms.admission.enter(tenantId)
  try {
    await kms.pace.wait()
    const signature = await kms.sign(key.version, Buffer.from(input))
    if (!isSignatureOf(key, input, signature))
      throw new Error('KMS signed with another key than was endorsed.')
    kms.pace.goOn()
    return signature.toString('base64url')
  } catch (error) {
    if (kms.isQuotaUsedUp(error)) kms.pace.slowDown()
    kms.onFailure(error, key.kid)
    throw new Refusal('temporarily_unavailable', { retryAfter: 1, cause: error })
  } finally {
    release()
  }
}
