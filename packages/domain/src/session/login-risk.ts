import type { Statement } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import {
  assessLogin,
  insertLogin,
  markOpened,
  type Assessment,
  type DecidedBy,
  type EarlierRisk,
  type LoginDecision,
  type LoginHistory,
  type RiskDecision,
  type RiskDeps,
} from '../risk/index.ts'
import type { Authenticated } from './authenticated.ts'
import { fingerprintsOf } from './known-device.ts'

/** What is known of a login's risk, to be kept with what becomes of it. */
export type LoginRisk =
  | { readonly assessment: Assessment; readonly by: DecidedBy }
  | { readonly earlier: EarlierRisk }

/** Finds out the risk of a login, or takes it as it was before the second step: proving more raises nothing. */
export async function weighRisk(
  deps: RiskDeps,
  { login, origin }: { readonly login: Authenticated; readonly origin: RequestOrigin },
  history: LoginHistory,
): Promise<{ readonly decision: RiskDecision | 'unknown'; readonly with: (by: DecidedBy) => LoginRisk }> {
  const { user, userKey, policy, earlier } = login
  const { isKnownDevice = false, isBreached = false, isExposed = false } = login
  if (earlier !== undefined) return { decision: 'unknown', with: () => ({ earlier }) }
  const { tenantId, id: userId } = user
  const devices = fingerprintsOf(deps, { tenantId, userId, origin })
  const person = { tenantId, userId, userKey, policy, origin }
  const told = { devices, isKnownDevice, isBreached, isExposed }
  const assessment = await assessLogin(deps, { ...person, ...told }, history)
  return { decision: assessment.decision, with: (by) => ({ assessment, by }) }
}

/** The name of a login's risk, for a second step to go on with. */
export function nameOfRisk(risk: LoginRisk): EarlierRisk {
  if ('earlier' in risk) return risk.earlier
  const { id, reasons } = risk.assessment.login
  return { id, reasons: reasons.map(({ code }) => code) }
}

/** Keeps the risk of a login that leads to no session, or not yet. What is kept already stays as it is. */
export function keepRisk(risk: LoginRisk, decision: LoginDecision): Statement<unknown>[] {
  if ('earlier' in risk) return []
  return [insertLogin(risk.assessment.login, { decision, by: risk.by, sessionId: undefined })]
}

/** Keeps the risk of a login with the session that it led to. */
export function keepRiskOfSession(
  risk: LoginRisk,
  opened: { readonly tenantId: Id<'ten'>; readonly sessionId: Id<'ses'>; readonly at: Date },
): Statement<unknown> {
  if ('earlier' in risk) return markOpened({ ...opened, id: risk.earlier.id })
  const { sessionId } = opened
  return insertLogin(risk.assessment.login, { decision: 'open', by: risk.by, sessionId })
}
