import { decideRisk, locationFault, type LoginTally } from '../risk/index.ts'
import type { TenantPolicy } from '../tenant/index.ts'
import { decideUnder, type Clearance } from './decide-clearance.ts'

type KeptLogin = Omit<LoginTally, 'kind' | 'logins'>

/**
 * What would have become of a login under a policy: by the gate's rules, and by what shuts people out before it, from
 * what was kept of the login. Pure. Not known is what nobody found out then: what an outside service would have said
 * that was not asked, and whether a browser would have kept its trust for longer.
 */
export function replayLogin(policy: TenantPolicy, login: KeptLogin): Clearance {
  const { country, isTorExit, by } = login
  if (locationFault(policy, { country, subdivision: null, isTorExit }) !== undefined) return 'refuse'
  if (!isTaken(policy, login)) return 'refuse'
  return decideUnder(policy, { by, risk: decideRisk(policy, login) })
}

/** Whether the policy takes what the login began with: a password, or a mailed link; passkeys it always does. */
function isTaken(policy: TenantPolicy, { by: { amr }, signals: { isBreached } }: KeptLogin): boolean {
  if (amr[0] === 'email') return policy.magicLinks
  if (amr[0] !== 'pwd') return true
  return policy.passwordLogin && !(isBreached && policy.breachedPasswords === 'replace')
}
