import { credentialOf } from '../credential/index.ts'
import { inTenant, run, streamKey, type Executor } from '../db/index.ts'
import { markTrusted, recordDevice } from '../device/index.ts'
import { hasSecondFactor, heldFactorsOf } from '../factor/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { countRequest } from '../limit/index.ts'
import {
  deviceOfSession,
  holdsOf,
  isTwiceProved,
  recentEnough,
  requireStrongAuthentication,
  type ShownLogin,
} from '../session/index.ts'
import { readTenantPolicy, tenantPolicyOf } from '../tenant/index.ts'
import { trustEndOf } from '../user/index.ts'
import type { DeviceCall, DeviceDeps } from './device-call.ts'

export type TrustDevice = DeviceCall & { readonly sessionId: Id<'ses'>; readonly login: ShownLogin }

/**
 * Has a person be asked for no second factor on the device that they are on, for as long as the tenant lets them. The
 * trust ends with another password or factor, and when all their sessions are ended (C193). They are told by mail.
 * @throws Refusal `reauthentication_required` for who did not just show a second factor; `not_found` for a device that
 *   is not the person's, is revoked, or is not the one that the session was proved to be on; `wrong_state` for who has
 *   no second factor to be spared; `not_allowed` where the tenant lets nobody trust devices; `rate_limited`.
 */
export async function trustDevice(
  deps: Pick<DeviceDeps, 'db' | 'clock' | 'secrets' | 'limiter'>,
  call: TrustDevice,
): Promise<void> {
  const { tenantId, userId, sessionId, deviceId: id, login, origin } = call
  await requireStrongAuthentication(deps, call)
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'device', value: userId }] })
  const at = deps.clock()
  const person = { tenantId, userId }
  await inTenant(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, async (tx) => {
    const [session] = await run(tx, deviceOfSession({ tenantId, sessionId }))
    if (session?.deviceId !== id) throw new Refusal('not_found')
    const [tenant] = await run(tx, tenantPolicyOf(tenantId))
    if (readTenantPolicy(tenant?.policy).trustedDeviceDays === 0) throw new Refusal('not_allowed')
    const trustedFor = await holdsNow(tx, person)
    if (trustedFor === undefined) throw new Refusal('wrong_state')
    if (!isTwiceProved(login.amr))
      throw new Refusal('reauthentication_required', { maxAge: recentEnough, acr: 'aal2' })
    const [trusted] = await run(tx, markTrusted({ ...person, id, at, trustedFor }))
    if (trusted === undefined) throw new Refusal('not_found')
    for (const statement of recordDevice(deps, 'trusted', { ...person, id, at, origin }))
      await run(tx, statement)
  })
}

/** What trust in a person hangs on now; undefined for who has no second factor. */
export async function holdsNow(
  tx: Executor,
  person: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> },
): Promise<Buffer | undefined> {
  const held = await run(tx, heldFactorsOf(person))
  const [password] = await run(tx, credentialOf(person.tenantId, person.userId))
  const [ended] = await run(tx, trustEndOf(person))
  if (!hasSecondFactor(held)) return undefined
  return holdsOf({ held, passwordOf: password?.changedAt, trustEndedAt: ended?.trustEndedAt ?? null })
}
