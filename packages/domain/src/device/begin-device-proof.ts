import { issueChallenge } from '../challenge/index.ts'
import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { deviceById } from './queries.ts'

/** A challenge for a device. */
export interface BegunProof {
  /** To be signed, and sent back with the signature. */
  readonly challenge: string
  readonly expiresAt: Date
}

export interface BeginDeviceProof {
  readonly tenantId: Id<'ten'>
  readonly deviceId: Id<'dev'>
  /** The open session that asks; without one the proof is for a login. */
  readonly session?: { readonly userId: Id<'usr'>; readonly sessionId: Id<'ses'> } | undefined
}

/**
 * Begins to prove that a device holds its key. What is begun in a session is answered in it alone, and what is begun
 * without one in a login alone. Without one nothing is looked up: everybody gets the same answer for every device (C165).
 * @throws Refusal `not_found` for a device that is not the person's whose session it is, or is revoked.
 */
export async function beginDeviceProof(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  { tenantId, deviceId, session }: BeginDeviceProof,
): Promise<BegunProof> {
  if (session !== undefined) {
    const [[device]] = await inOneFlight(deps.db, { tenantId }, [deviceById(tenantId, deviceId)])
    if (device?.userId !== session.userId) throw new Refusal('not_found')
  }
  const facts = { deviceId }
  const issued = issueChallenge(deps, { tenantId, kind: 'device_proof', ...session, facts })
  await inOneFlight(deps.db, { tenantId }, [issued.insert])
  return { challenge: issued.token, expiresAt: issued.challenge.expiresAt }
}
