import { announceAnchor, cancelAnchor, type AnchorRotation } from '@iam/domain/anchor-rotation'
import { anchorOf } from '@iam/domain/key-set'
import { signingKeyPolicy } from '@iam/domain/signing-key'
import type { Config } from '../config.ts'
import { ensureSigningKey } from '../kms/ensure-kms-keys.ts'
import { openAnchors } from '../kms/open-anchors.ts'
import type { OperatorDeps } from '../operator-deps.ts'
import { systemTenant } from './system-tenant.ts'

export interface RotateAnchorOptions {
  /** A version of a KMS key: what is to be pinned beside the anchor that follows. */
  readonly nextSpare: string
  readonly atOnce?: true
  readonly dryRun?: true
}

/** Takes what is announced back. @throws Refusal `wrong_state`, as `cancelAnchor` does. */
export async function keySetCancelAnchor(
  deps: OperatorDeps,
  options: { readonly dryRun?: true },
): Promise<AnchorRotation> {
  return cancelAnchor({ ...deps, systemTenantId: await systemTenant(deps) }, options)
}

/**
 * Announces that the spare is to sign the key set. The key after it is made here, so that its thumbprint can be
 * pinned before it is needed; a dry run makes it too, as nothing else of it would be told.
 * @throws Refusal `wrong_state`, as `announceAnchor` does.
 */
export async function keySetRotateAnchor(
  deps: OperatorDeps,
  config: Config,
  { nextSpare, ...options }: RotateAnchorOptions,
): Promise<AnchorRotation> {
  await ensureSigningKey(config.kms.endpoint, nextSpare)
  const { publisher, spare } = await openAnchors(deps, config)
  const next = anchorOf(await deps.kms.publicKey(nextSpare), (bytes) => deps.kms.sign(nextSpare, bytes))
  const { activationLead } = signingKeyPolicy(config.signingKeys)
  return announceAnchor(
    {
      ...deps,
      systemTenantId: await systemTenant(deps),
      // Whoever holds an old set has let go of it by then, whatever is configured.
      notice: Math.max(config.anchorNotice, activationLead),
    },
    { from: publisher.kid, to: spare.kid, spare: next.kid, ...options },
  )
}
