import { anchorOf, type AnchorSigner } from '@iam/domain/key-set'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'

/** The deployment's anchors: what signs the key set now, what is to sign it next, what endorses keys, and what signs audit heads. */
export type Anchors = Readonly<Record<'publisher' | 'spare' | 'endorser' | 'auditor', AnchorSigner>>

/** Opens the anchors where KMS has them. */
export async function openAnchors({ kms }: OperatorDeps, config: Config): Promise<Anchors> {
  const open = async (version: string) =>
    anchorOf(await kms.publicKey(version), (bytes) => kms.sign(version, bytes))
  return {
    publisher: await open(config.kms.publishKey),
    spare: await open(config.kms.sparePublishKey),
    endorser: await open(config.kms.endorseKey),
    auditor: await open(config.kms.auditKey),
  }
}
