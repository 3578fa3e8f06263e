import { inTenant, run, type Executor } from '../db/index.ts'
import { deviceNameOpener, devicesOf, type DeviceAlgorithm } from '../device/index.ts'
import type { Id } from '../kit/index.ts'
import { userKeyOf } from '../user/index.ts'
import type { DeviceDeps } from './device-call.ts'

/** A device that is not revoked, as its person sees it. */
export interface ListedDevice {
  readonly id: Id<'dev'>
  readonly algorithm: DeviceAlgorithm
  /** Of its key (RFC 7638), in base64url. */
  readonly thumbprint: string
  /** What the person calls it. */
  readonly name: string | null
  readonly trust: 'known' | 'trusted'
  readonly createdAt: Date
  /** When it last showed that it holds its key. */
  readonly lastUsedAt: Date
}

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** A person's devices, the oldest first. */
export async function listDevices(
  deps: Pick<DeviceDeps, 'db' | 'secrets'>,
  person: Person,
): Promise<readonly ListedDevice[]> {
  return inTenant(deps.db, { tenantId: person.tenantId }, (tx) => devicesWithin(tx, deps, person))
}

/** The same, inside a transaction. */
export async function devicesWithin(
  tx: Executor,
  deps: Pick<DeviceDeps, 'secrets'>,
  { tenantId, userId }: Person,
): Promise<readonly ListedDevice[]> {
  const stored = await run(tx, devicesOf({ tenantId, userId }))
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  const nameOf = deviceNameOpener(deps, { userId, userKey })
  return stored.map((device) => ({
    id: device.id,
    algorithm: device.algorithm,
    thumbprint: device.thumbprint.toString('base64url'),
    name: nameOf(device),
    trust: device.trust,
    createdAt: device.createdAt,
    lastUsedAt: device.lastUsedAt,
  }))
}
