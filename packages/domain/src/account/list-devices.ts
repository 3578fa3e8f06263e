import { inTenant, run, type Executor } from '../db/index.ts'
import { deviceNameOpener, devicesOf, type DeviceAlgorithm, type StoredDevice } from '../device/index.ts'
import type { Id } from '../kit/index.ts'
import { daysOfDevice, isTrustedUnder } from '../session/index.ts'
import { readTenantPolicy, tenantPolicyOf } from '../tenant/index.ts'
import { userKeyOf } from '../user/index.ts'
import type { DeviceDeps } from './device-call.ts'
import { holdsNow } from './trust-device.ts'

/** A device that is not revoked, as its person sees it. */
export interface ListedDevice {
  readonly id: Id<'dev'>
  readonly algorithm: DeviceAlgorithm
  /** Of its key (RFC 7638), in base64url. */
  readonly thumbprint: string
  /** What the person calls it. */
  readonly name: string | null
  /** Whether it spares its person a second factor now; see `trustDevice`. */
  readonly trust: 'known' | 'trusted'
  readonly createdAt: Date
  /** When it last showed that it holds its key. */
  readonly lastUsedAt: Date
}

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** A person's devices, the oldest first. */
export async function listDevices(
  deps: Pick<DeviceDeps, 'db' | 'clock' | 'secrets'>,
  person: Person,
): Promise<readonly ListedDevice[]> {
  return inTenant(deps.db, { tenantId: person.tenantId }, (tx) => devicesWithin(tx, deps, person))
}

/** The same, inside a transaction. */
export async function devicesWithin(
  tx: Executor,
  deps: Pick<DeviceDeps, 'clock' | 'secrets'>,
  { tenantId, userId }: Person,
): Promise<readonly ListedDevice[]> {
  const stored = await run(tx, devicesOf({ tenantId, userId }))
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  const nameOf = deviceNameOpener(deps, { userId, userKey })
  const isTrusted = await truster(tx, deps, { tenantId, userId })
  return stored.map((device) => ({
    id: device.id,
    algorithm: device.algorithm,
    thumbprint: device.thumbprint.toString('base64url'),
    name: nameOf(device),
    trust: isTrusted(device) ? 'trusted' : 'known',
    createdAt: device.createdAt,
    lastUsedAt: device.lastUsedAt,
  }))
}

/** Tells which devices are trusted as their person, and what the tenant decides, are now. */
async function truster(
  tx: Executor,
  { clock }: Pick<DeviceDeps, 'clock'>,
  person: Person,
): Promise<(device: StoredDevice) => boolean> {
  const holds = await holdsNow(tx, person)
  const [tenant] = await run(tx, tenantPolicyOf(person.tenantId))
  const policy = readTenantPolicy(tenant?.policy)
  return (device) => isTrustedUnder(policy, daysOfDevice({ clock }, holds, device))
}
