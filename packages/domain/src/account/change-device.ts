import { appendAudit } from '../audit/index.ts'
import { voidChallengesOnDevice } from '../challenge/index.ts'
import { inOneFlight, inTenant, run, type Executor } from '../db/index.ts'
import {
  markRevoked,
  recordDevice,
  renameDeviceTo,
  sealDeviceName,
  type DeviceChange,
} from '../device/index.ts'
import { Refusal } from '../kit/index.ts'
import {
  burySessions,
  endSessionsOf,
  scopeOfSessions,
  sessionsOfDevice,
  type EndedSession,
} from '../session/index.ts'
import { userKeyOf } from '../user/index.ts'
import type { DeviceCall, DeviceDeps } from './device-call.ts'

/** Gives a device a name, or takes it away. @throws Refusal `not_found` for one that is not the person's, or revoked. */
export async function renameDevice(
  deps: Pick<DeviceDeps, 'db' | 'clock' | 'secrets'>,
  call: DeviceCall & { readonly name: string | null },
): Promise<void> {
  const { tenantId, userId, deviceId: id, name, origin } = call
  const [[userKey]] = await inOneFlight(deps.db, { tenantId }, [userKeyOf(tenantId, userId)])
  const sealed =
    name === null || userKey === undefined ? null : sealDeviceName(deps, { userId, userKey }, { id, name })
  const common = { tenantId, at: deps.clock(), origin, actor: { type: 'user', id: userId } } as const
  const target = { type: 'device', id }
  await inTenant(deps.db, { tenantId }, async (tx) => {
    const [renamed] = await run(tx, renameDeviceTo({ tenantId, userId, id, name: sealed }))
    if (renamed === undefined) throw new Refusal('not_found')
    await run(tx, appendAudit({ ...common, action: 'device.renamed', target, outcome: 'success' }))
  })
}

/**
 * Revokes one of a person's devices at their word, for good; its sessions end with it, the one that asks included. No
 * proof of who they are is asked for besides: whoever revokes only takes something away, and a thief must be quick to be
 * thrown out. The person is told by mail.
 * @throws Refusal `not_found` for one that is not theirs, or is revoked.
 */
export async function revokeDevice(
  deps: Pick<DeviceDeps, 'db' | 'clock' | 'secrets' | 'sessionCache'>,
  { tenantId, userId, deviceId: id, origin }: DeviceCall,
): Promise<void> {
  const at = deps.clock()
  const change = { tenantId, userId, id, at, origin }
  const ended = await inTenant(deps.db, scopeOfSessions(change), (tx) => revokeDeviceWithin(deps, tx, change))
  await burySessions(deps, tenantId, ended)
}

/**
 * The same, inside a transaction whose scope is `scopeOfSessions`. Afterwards call `burySessions`.
 * @throws Refusal `not_found`.
 */
export async function revokeDeviceWithin(
  deps: Pick<DeviceDeps, 'secrets'>,
  tx: Executor,
  change: DeviceChange,
): Promise<EndedSession[]> {
  const { tenantId, userId, id, at, origin, by } = change
  const [revoked] = await run(tx, markRevoked(change))
  if (revoked === undefined) throw new Refusal('not_found')
  // Logins on it that wait for their second step begin again.
  await run(tx, voidChallengesOnDevice(change))
  for (const statement of recordDevice(deps, 'revoked', change)) await run(tx, statement)
  const actor = by ?? ({ type: 'user', id: userId } as const)
  const ended: EndedSession[] = []
  for (const { id: only } of await run(tx, sessionsOfDevice({ tenantId, deviceId: id }))) {
    const ending = { tenantId, userId, only, actor, reason: 'device_revoked', at, origin } as const
    ended.push(...(await endSessionsOf(tx, ending)))
  }
  return ended
}
