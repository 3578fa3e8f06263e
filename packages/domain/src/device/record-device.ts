import { appendAudit } from '../audit/index.ts'
import type { Statement } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

export interface DeviceChange {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly id: Id<'dev'>
  readonly at: Date
  readonly origin: RequestOrigin
  /** Who did it, where that was not the person. */
  readonly by?: { readonly type: 'user' | 'operator'; readonly id: string } | undefined
}

/** Audit, event and mail of what became of a device. The person's stream must be in the scope. */
export function recordDevice(
  deps: { readonly secrets: SecretRings },
  what: 'registered' | 'trusted' | 'revoked',
  change: DeviceChange,
): Statement<unknown>[] {
  const { tenantId, userId, id, at, origin, by } = change
  const common = { tenantId, at, origin }
  const payload = { deviceId: id, userId }
  const event =
    what === 'revoked' && by !== undefined
      ? ({ type: 'device.revoked', payload: { ...payload, actor: by } } as const)
      : ({ type: `device.${what}`, payload } as const)
  const actor = by ?? ({ type: 'user', id: userId } as const)
  const target = { type: 'device', id }
  return [
    appendAudit({ ...common, actor, action: event.type, target, outcome: 'success' }),
    appendEvent({ ...common, aggregateId: userId, event }),
    queueMail(deps, { tenantId, template: mails[what], userId, params: mailed(by), at }),
  ]
}

const mails = {
  registered: 'device_added',
  trusted: 'device_trusted',
  revoked: 'device_removed',
} as const

const mailed = (by: DeviceChange['by']): Record<string, string> =>
  by === undefined ? {} : { by: 'administrator' }

/** The audit of a device that was refused: why stands there alone. */
export function recordRefusedDevice({
  tenantId,
  userId,
  id,
  reason,
  at,
  origin,
}: Omit<DeviceChange, 'id' | 'by'> & {
  readonly id?: Id<'dev'> | undefined
  readonly reason: 'key_unusable' | 'key_known' | 'signature_wrong' | 'not_standing'
}): Statement<unknown> {
  const actor = { type: 'user', id: userId } as const
  const target = id === undefined ? actor : { type: 'device', id }
  return appendAudit({
    tenantId,
    at,
    actor,
    action: 'device.refused',
    target,
    outcome: 'refused',
    reason,
    origin,
  })
}
