import { build, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

type OfTenant = { readonly tenantId: Id<'ten'> }

/** Notes on which device a session is, unless it is known to be on another one. */
export function keepDevice({
  tenantId,
  sessionId,
  deviceId,
}: OfTenant & { readonly sessionId: Id<'ses'>; readonly deviceId: Id<'dev'> }): Statement<unknown> {
  return build
    .updateTable('iam.session')
    .set({ proved_device: deviceId })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .where('proved_device', 'is', null)
    .compile()
}

/** The sessions that are known to be on a device, ended ones too. */
export function sessionsOfDevice({ tenantId, deviceId }: OfTenant & { readonly deviceId: Id<'dev'> }) {
  return build
    .selectFrom('iam.session')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('proved_device', '=', deviceId)
    .orderBy('id')
    .$castTo<{ readonly id: Id<'ses'> }>()
    .compile()
}

/** The registered device that a session is known to be on, if it was not ended. */
export function deviceOfSession({ tenantId, sessionId }: OfTenant & { readonly sessionId: Id<'ses'> }) {
  return build
    .selectFrom('iam.session')
    .select('proved_device as deviceId')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .where('revoked_at', 'is', null)
    .compile()
}
