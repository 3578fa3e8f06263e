import { Admission } from '@iam/domain/admission'
import { RecentTokens, SigningPace, type KmsSigning } from '@iam/domain/signing-key'
import { KmsError, type Kms } from '@iam/platform/kms'
import type { Logger } from '@iam/platform/logging'
import type { Config } from './config.ts'

const atATime = 8
const admission = { waitingPerTenant: 64, waiting: 256, deadline: 5_000 }

/** What signs with keys that never leave KMS: in the tenants' turns, and no faster than this instance may. */
export function composeKmsSigning(
  { kms: { signaturesPerSecond } }: Config,
  { kms, log }: { readonly kms: Kms; readonly log: Logger },
): KmsSigning {
  const monotonic = () => performance.now()
  const limits = { ...admission, concurrency: atATime, refusal: 'temporarily_unavailable' } as const
  return {
    sign: (version, bytes) => kms.sign(version, bytes),
    isQuotaUsedUp: (error) => error instanceof KmsError && error.isQuotaUsedUp,
    admission: new Admission(limits, monotonic),
    pace: new SigningPace(signaturesPerSecond, monotonic),
    recentTokens: new RecentTokens(monotonic),
    onFailure: (err, kid) => log.warn({ err, kid }, 'KMS signed nothing'),
  }
}
