import { inOneFlight, streamKey } from '../db/index.ts'
import {
  deviceKnown,
  insertDevice,
  isSignedBy,
  mostDevices,
  readDeviceKey,
  recordDevice,
  recordRefusedDevice,
  registrationBytes,
  sealDeviceName,
  tooManyDevices,
  type DeviceJwk,
} from '../device/index.ts'
import { newId, Refusal, type Id } from '../kit/index.ts'
import { countRequest } from '../limit/index.ts'
import { keepDevice, requireStrongAuthentication, type ShownLogin } from '../session/index.ts'
import { userKeyOf } from '../user/index.ts'
import type { DeviceCall, DeviceDeps } from './device-call.ts'

export interface RegisterDevice extends Omit<DeviceCall, 'deviceId'> {
  /** The open session that asks: it is on this device from now on, unless it is known to be on another one. */
  readonly sessionId: Id<'ses'>
  readonly login: ShownLogin
  readonly publicKey: DeviceJwk
  /** Of `registrationBytes` by that key, in base64url: nobody registers a key that they do not hold. */
  readonly signature: string
  /** What the person calls it. */
  readonly name?: string | undefined
}

/**
 * Makes a device known by its public key. The person is told by mail.
 * @returns its id.
 * @throws Refusal `reauthentication_required`; `device_invalid`, after recording why, for a key that cannot be used, that
 *   did not sign, or that is a device's of anybody in the tenant (C212); `wrong_state` for who has twenty;
 *   `rate_limited`.
 */
export async function registerDevice(deps: DeviceDeps, call: RegisterDevice): Promise<{ id: Id<'dev'> }> {
  const { tenantId, userId, sessionId, origin } = call
  await requireStrongAuthentication(deps, call)
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'device', value: userId }] })
  const key = readDeviceKey(call.publicKey)
  if (key === undefined) return refuse(deps, call, 'key_unusable')
  const bytes = registrationBytes({ ...call, thumbprint: key.thumbprint })
  if (!isSignedBy(key, bytes, call.signature)) return refuse(deps, call, 'signature_wrong')
  const { id, name } = await named(deps, call)
  const at = deps.clock()
  try {
    await inOneFlight(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, [
      insertDevice({ tenantId, userId, id, key, name, at }),
      keepDevice({ tenantId, sessionId, deviceId: id }),
      ...recordDevice(deps, 'registered', { tenantId, userId, id, at, origin }),
    ])
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === deviceKnown) return refuse(deps, call, 'key_known')
    if (code !== tooManyDevices) throw error
    throw new Refusal('wrong_state', { detail: `There can be ${mostDevices} devices: remove one first.` })
  }
  return { id }
}

/** An id, and the name as it is kept under it. */
async function named(deps: DeviceDeps, { tenantId, userId, name }: RegisterDevice) {
  const id = newId('dev', deps.clock())
  const [[userKey]] = await inOneFlight(deps.db, { tenantId }, [userKeyOf(tenantId, userId)])
  const owner = name === undefined || userKey === undefined ? undefined : { userId, userKey }
  return { id, name: owner === undefined ? null : sealDeviceName(deps, owner, { id, name: name ?? '' }) }
}

type Fault = 'key_unusable' | 'key_known' | 'signature_wrong'

async function refuse(deps: DeviceDeps, call: RegisterDevice, reason: Fault): Promise<never> {
  const { tenantId, userId, origin } = call
  const audit = recordRefusedDevice({ tenantId, userId, reason, at: deps.clock(), origin })
  await inOneFlight(deps.db, { tenantId }, [audit])
  throw new Refusal('device_invalid')
}
