import { appendAudit } from '../audit/index.ts'
import { inOneFlight, streamKey } from '../db/index.ts'
import {
  checkDeviceProof,
  type CheckDeviceProof,
  type DeviceProof,
  type StoredDevice,
} from '../device/index.ts'
import { Refusal, type RequestOrigin } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { withDevice } from './assurance.ts'
import type { Authenticated } from './authenticated.ts'
import type { ClearDeps } from './clear-login.ts'

/** A login on a registered device that has shown that it holds its key. */
export interface LoginOnDevice {
  readonly login: Authenticated
  readonly device: StoredDevice | undefined
}

/**
 * Notes that somebody logs in on their registered device. The proof is used up with the session, or with the challenge
 * of a second step.
 * @param proof undefined where none was given: the login goes on as it is.
 * @throws Refusal `challenge_invalid`, `device_invalid`, after recording the failure: whoever tries passwords with a proof
 *   that is none must not go unseen.
 */
export async function proveDeviceAtLogin(
  deps: ClearDeps,
  login: Authenticated,
  { proof, origin }: { readonly proof: DeviceProof | undefined; readonly origin: RequestOrigin },
): Promise<LoginOnDevice> {
  if (proof === undefined) return { login, device: undefined }
  const { tenantId, id: userId } = login.user
  const checked = { tenantId, userId, proof, origin }
  const { device, use } = await checkDeviceProof(deps, checked).catch((error: unknown) =>
    recordFailed(deps, checked, error),
  )
  return {
    login: {
      ...login,
      amr: withDevice(login.amr),
      isKnownDevice: true,
      isNewDevice: false,
      onDevice: device.id,
      also: [...use, ...login.also],
      spends: [...use, ...(login.spends ?? [])],
    },
    device,
  }
}

async function recordFailed(
  { db, clock }: ClearDeps,
  { tenantId, userId, origin }: CheckDeviceProof,
  error: unknown,
): Promise<never> {
  if (!(error instanceof Refusal)) throw error
  const common = { tenantId, at: clock(), origin }
  const person = { type: 'user', id: userId } as const
  const failed = { action: 'user.login_failed', outcome: 'refused', reason: error.code } as const
  const event = { type: 'user.login_failed', payload: { userId, reason: 'device_invalid' } } as const
  await inOneFlight(db, { tenantId, streams: [streamKey(tenantId, userId)] }, [
    appendAudit({ ...common, ...failed, actor: person, target: person }),
    appendEvent({ ...common, aggregateId: userId, event }),
  ])
  throw error
}
