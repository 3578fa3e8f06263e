import { decideRisk, locationFault, type LoginTally } from '../risk/index.ts'
import type { TenantPolicy } from '../tenant/index.ts'
import { decideClearance, type Clearance } from './decide-clearance.ts'

/**
 * What the gate would have decided about a login under a policy: by the same rules, from what was kept of the login.
 * Pure. What an outside service would have said, where nobody asked it then, is not known.
 */
export function replayLogin(policy: TenantPolicy, login: Omit<LoginTally, 'kind' | 'logins'>): Clearance {
  const { country, isTorExit, by } = login
  if (locationFault(policy, { country, subdivision: null, isTorExit }) !== undefined) return 'refuse'
  const { amr, hasFactor, isTrusted } = by
  return decideClearance({ mfa: policy.mfa, amr, hasFactor, isTrusted, risk: decideRisk(policy, login) })
}
