import { devicesWithin, revokeDeviceWithin, type ListedDevice } from '../account/index.ts'
import { run } from '../db/index.ts'
import { devicesOf } from '../device/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import type { EndedSession } from '../session/index.ts'
import { administer, type AdministrationDeps } from './administer.ts'
import { administerUser, requireUser, type UserCall } from './administer-user.ts'

/** A device as administrators see it: what it is, not how its person calls it. Times in RFC 3339. */
export type DeviceView = Omit<ListedDevice, 'name' | 'createdAt' | 'lastUsedAt'> & {
  readonly createdAt: string
  readonly lastUsedAt: string
}

/** The devices of a person that are not revoked. @throws Refusal `not_found`, and what `administer` refuses. */
export async function listUserDevices(deps: AdministrationDeps, call: UserCall): Promise<DeviceView[]> {
  const { tenantId, userId } = call
  const target = { type: 'user', id: userId }
  const act = { action: 'devices.listed', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => {
    await requireUser(tx, tenantId, userId)
    const devices = await devicesWithin(tx, deps, { tenantId, userId })
    return { answer: devices.map(view) }
  })
}

function view({ name: _theirs, createdAt, lastUsedAt, ...device }: ListedDevice): DeviceView {
  return { ...device, createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt.toISOString() }
}

/**
 * Revokes all devices of a person, or one, for good; the sessions on them end, and the person is told by mail.
 * @throws Refusal what `administerUser` refuses, and `not_found` for a device that is not theirs or is revoked.
 */
export async function revokeUserDevices(
  deps: AdministrationDeps,
  call: UserCall & { readonly deviceId?: Id<'dev'> | undefined },
): Promise<void> {
  const { tenantId, userId, deviceId, origin } = call
  const act = { action: 'devices.revoked', endsSessions: true } as const
  await administerUser(deps, call, act, async ({ tx, administrator, at }) => {
    const devices = await run(tx, devicesOf({ tenantId, userId }))
    const leaving = devices.filter(({ id }) => deviceId === undefined || id === deviceId)
    if (deviceId !== undefined && leaving.length === 0) throw new Refusal('not_found')
    const by = { type: administrator.type, id: administrator.id }
    const ended: EndedSession[] = []
    for (const { id } of leaving)
      ended.push(...(await revokeDeviceWithin(deps, tx, { tenantId, userId, id, at, origin, by })))
    return { ended, changed: leaving.length > 0 }
  })
}
