import { appendAudit } from '../audit/index.ts'
import type { Statement } from '../db/index.ts'
import { newId, type Id } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { sealPersonal } from '../user/index.ts'
import { keepRiskOfSession, nameOfRisk } from './login-risk.ts'
import { newDeviceMail } from './new-device-mail.ts'
import type { OpenDeps, Opening } from './opening.ts'

/** Audit, events and risk of a login, and a mail where it comes from a device that is new. @param clientId the client that it was granted to, if one asked. */
export function recordOpened(deps: OpenDeps, opening: Opening, clientId?: Id<'cli'>): Statement<unknown>[] {
  const { tenantId, userId, sessionId, now: at, amr, origin, risk } = opening
  const { reasons } = nameOfRisk(risk)
  const common = { tenantId, at, origin }
  const expiresAt = opening.endsAt.toISOString()
  const granted = clientId === undefined ? {} : { clientId }
  const unusual = reasons.length === 0 ? {} : { riskReasons: [...reasons] }
  const auditId = newId('aud', at)
  return [
    appendAudit({
      ...common,
      ...sealedOrigin(deps, opening, auditId),
      id: auditId,
      actor: { type: 'user', id: userId },
      action: 'user.login_succeeded',
      target: { type: 'session', id: sessionId },
      outcome: 'success',
      ...(reasons.length === 0 ? {} : { reason: reasons.join(', ') }),
    }),
    appendEvent({
      ...common,
      aggregateId: userId,
      event: { type: 'user.login_succeeded', payload: { userId, sessionId, amr, ...unusual } },
    }),
    appendEvent({
      ...common,
      aggregateId: sessionId,
      event: { type: 'session.created', payload: { sessionId, userId, ...granted, amr, expiresAt } },
    }),
    keepRiskOfSession(risk, { tenantId, sessionId, at }),
    ...(opening.isNewDevice ? [newDeviceMail(deps, opening)] : []),
  ]
}

/** Where the login came from, sealed so that erasing the person's key erases it. */
function sealedOrigin(
  { secrets }: OpenDeps,
  { userId, userKey, origin }: Opening,
  context: string,
): { personal?: Buffer } {
  if (userKey === undefined) return {}
  const { network, agent } = origin
  return {
    personal: sealPersonal(secrets.of('data'), { userId, userKey }, { values: { network, agent }, context }),
  }
}
