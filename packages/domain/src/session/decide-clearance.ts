import type { DecidedBy } from '../risk/index.ts'
import type { TenantPolicy } from '../tenant/index.ts'
import { isTwiceProved } from './assurance.ts'
import { isTrustedUnder } from './trusted-device.ts'

/** What becomes of a login whose first factor was right; `mail`: it has to be proved by a mailed code. */
export type Clearance = 'open' | 'challenge' | 'mail' | 'enrol' | 'refuse'

export interface ToClear {
  readonly mfa: TenantPolicy['mfa']
  /** What was proved (RFC 8176). */
  readonly amr: readonly string[]
  /** Whether the person has a second factor, a disabled one included. */
  readonly hasFactor: boolean
  /** Whether the browser is one that the person trusts, and the tenant lets them. */
  readonly isTrusted: boolean
  /** Whether the login is for something that takes the person's factor, whatever the tenant asks of other logins. */
  readonly asksForFactor?: boolean
  /** What the login's risk asks for; `unknown` where nobody told. */
  readonly risk: 'allow' | 'challenge' | 'refuse' | 'unknown'
}

/** Decides on a login under a policy, now or again from what was kept of it. Pure. */
export function decideUnder(
  policy: Pick<TenantPolicy, 'mfa' | 'trustedDeviceDays'>,
  { by, risk }: { readonly by: DecidedBy; readonly risk: ToClear['risk'] },
): Clearance {
  const { amr, hasFactor, trustedDays, asksForFactor } = by
  const isTrusted = isTrustedUnder(policy, trustedDays)
  return decideClearance({ mfa: policy.mfa, amr, hasFactor, isTrusted, asksForFactor, risk })
}

/**
 * Decides on a login, whatever way it came in. Pure.
 *
 * Who has a factor is asked for it, also when it is disabled: only a trusted browser, a tenant that asks nobody, or
 * one that asks by risk and sees none, spares them, unless what they log in for takes it. Who has none, and whose login is unusual, may not be who they say:
 * they type a code that is mailed to them, which is no factor (NIST SP 800-63B-4 3.1.3.1) and better than nothing. Only
 * then do they add a factor where the tenant requires one (C191); elsewhere, whom a mail has let in already is refused.
 */
export function decideClearance(login: ToClear): Clearance {
  const { mfa, amr, hasFactor, isTrusted, asksForFactor = false, risk } = login
  if (risk === 'refuse') return 'refuse'
  if (asksForFactor && hasFactor && !isTwiceProved(amr)) return 'challenge'
  if (mfa === 'off' || isTwiceProved(amr)) return 'open'
  const isRisky = risk === 'challenge'
  if (!hasFactor) return clearWithoutFactor({ mfa, amr, isRisky })
  if (mfa === 'risk') return risk === 'allow' || (isTrusted && !isRisky) ? 'open' : 'challenge'
  return isTrusted && !isRisky ? 'open' : 'challenge'
}

function clearWithoutFactor({
  mfa,
  amr,
  isRisky,
}: Pick<ToClear, 'mfa' | 'amr'> & { readonly isRisky: boolean }): Clearance {
  const isMailRead = amr.includes('email')
  if (mfa === 'required') return isRisky && !isMailRead ? 'mail' : 'enrol'
  if (mfa !== 'risk' || !isRisky) return 'open'
  return isMailRead ? 'refuse' : 'mail'
}
