import { countWrongAnswer, readChallenge, useChallenge, type Challenge } from '../challenge/index.ts'
import { inOneFlight, type Db, type Statement } from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { StoredDevice } from './device.ts'
import { deviceById, useDevice } from './queries.ts'
import { recordRefusedDevice } from './record-device.ts'
import { isSignedBy, proofBytes } from './signed-bytes.ts'

/** What a device answers a challenge with. */
export interface DeviceProof {
  /** The challenge's token. */
  readonly challenge: string
  /** Of `proofBytes` by the device's key, in base64url. */
  readonly signature: string
}

export interface CheckDeviceProof {
  readonly tenantId: Id<'ten'>
  /** Whose device it has to be. */
  readonly userId: Id<'usr'>
  /** The open session that answers; none in a login. */
  readonly sessionId?: Id<'ses'> | undefined
  readonly proof: DeviceProof
  readonly origin: RequestOrigin
}

/** A device that showed that it holds its key. */
export interface ProvedDevice {
  readonly device: StoredDevice
  /**
   * Uses the proof up, to stand in the flight of what it is for, with the person's stream in its scope: it fails with
   * `challengeUsed` when somebody was quicker, and with `deviceGone` when the device was revoked by then.
   */
  readonly use: readonly Statement<unknown>[]
}

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings }

/**
 * Whether a device holds its key now. Uses nothing up by itself.
 * @throws Refusal `challenge_invalid` for one that is another session's or a login's, used, or too old; `device_invalid`,
 *   after recording why, for a wrong signature, and for a device that is not the person's or is revoked.
 */
export async function checkDeviceProof(deps: Deps, input: CheckDeviceProof): Promise<ProvedDevice> {
  const { tenantId, userId, sessionId, proof } = input
  const presented = { tenantId, token: proof.challenge, kinds: ['device_proof'] as const }
  const challenge = await readChallenge(deps, presented)
  const isOfUser = sessionId === undefined ? challenge.userId === null : challenge.userId === userId
  if (!isOfUser || challenge.sessionId !== (sessionId ?? null)) throw new Refusal('challenge_invalid')
  const { deviceId } = challenge.facts as unknown as { readonly deviceId: Id<'dev'> }
  const [[device]] = await inOneFlight(deps.db, { tenantId }, [deviceById(tenantId, deviceId)])
  if (device?.userId !== userId) return refuse(deps, input, { challenge, reason: 'not_standing' })
  const bytes = proofBytes({ tenantId, deviceId, challenge: proof.challenge })
  if (!isSignedBy(device, bytes, proof.signature))
    return refuse(deps, input, { challenge, id: deviceId, reason: 'signature_wrong' })
  const now = deps.clock()
  const use = [useChallenge({ ...challenge, now }), useDevice({ tenantId, userId, id: deviceId, at: now })]
  return { device, use }
}

async function refuse(
  deps: Deps,
  { tenantId, userId, origin }: CheckDeviceProof,
  {
    challenge,
    ...fault
  }: {
    readonly challenge: Challenge
    readonly id?: Id<'dev'>
    readonly reason: 'not_standing' | 'signature_wrong'
  },
): Promise<never> {
  await inOneFlight(deps.db, { tenantId }, [
    countWrongAnswer(challenge),
    recordRefusedDevice({ tenantId, userId, ...fault, at: deps.clock(), origin }),
  ])
  throw new Refusal('device_invalid')
}
