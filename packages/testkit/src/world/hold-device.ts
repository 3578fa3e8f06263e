import { verifyAccessToken } from '@iam/domain/access-token'
import { registerDevice } from '@iam/domain/account'
import { logInWithPassword } from '@iam/domain/session'
import { SoftDevice } from '../device/index.ts'
import type { World } from './open-world.ts'

/** Somebody in an open session, as the verbs on devices are asked by them. */
export async function openDeviceCall(
  world: World,
  {
    tenantId,
    email,
    password = world.demo.password,
  }: { readonly tenantId: `ten_${string}`; readonly email: string; readonly password?: string },
) {
  const { origin } = world
  const opened = await logInWithPassword(world, { tenantId, email, password, origin })
  const { userId, grantId, amr, authTime } = verifyAccessToken(world, opened.accessToken)
  return { tenantId, userId, grantId, sessionId: opened.session.id, login: { amr, authTime }, origin }
}

/** Registers a device in somebody's session. @returns its id, and what signs on it. */
export async function holdDevice(
  world: World,
  call: Awaited<ReturnType<typeof openDeviceCall>>,
  device: SoftDevice = new SoftDevice(),
): Promise<{ readonly deviceId: `dev_${string}`; readonly device: SoftDevice }> {
  const { id: deviceId } = await registerDevice(world, { ...call, ...device.registration(call) })
  return { deviceId, device }
}
