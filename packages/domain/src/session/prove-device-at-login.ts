import { checkDeviceProof, type DeviceProof, type StoredDevice } from '../device/index.ts'
import type { RequestOrigin } from '../kit/index.ts'
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
 * @throws Refusal `challenge_invalid`, `device_invalid`.
 */
export async function proveDeviceAtLogin(
  deps: ClearDeps,
  login: Authenticated,
  { proof, origin }: { readonly proof: DeviceProof | undefined; readonly origin: RequestOrigin },
): Promise<LoginOnDevice> {
  if (proof === undefined) return { login, device: undefined }
  const { tenantId, id: userId } = login.user
  const { device, use } = await checkDeviceProof(deps, { tenantId, userId, proof, origin })
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
