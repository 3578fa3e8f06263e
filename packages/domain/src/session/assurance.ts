import type { FactorMethod } from '../factor/index.ts'

/**
 * How strong a login was, as tokens say it: `aal1` and `aal2` after NIST SP 800-63B-4, and `email` for a mailed link,
 * which is no authenticator there (3.1.3.1).
 */
export type Acr = 'email' | 'aal1' | 'aal2'

/** What tokens say of a login that has to be proved anew: no level at all (OpenID Connect Core 1.0, 2). */
export const unproved = '0'

const secondSteps: readonly FactorMethod[] = ['otp', 'recovery', 'hwk', 'swk']

/**
 * The methods of a login (RFC 8176; `recovery` and `email` are ours) once a second one was proved. A mailed link is
 * no first factor, so that what follows it is the only one.
 */
export function withSecondStep(amr: readonly string[], step: FactorMethod): readonly string[] {
  return isByMail(amr) ? [...amr, step] : [...amr, step, 'mfa']
}

/** The methods of an open session once one more was proved in it. `mfa` stands last, once. */
export function withProof(amr: readonly string[], method: FactorMethod): readonly string[] {
  if (amr.includes(method)) return amr
  return withSecondStep(
    amr.filter((each) => each !== 'mfa'),
    method,
  )
}

/**
 * The methods of a login on a device that showed that it holds its key (RFC 8176 `pop`): it says nothing of the person,
 * and makes the login no stronger. `mfa` stands last.
 */
export function withDevice(amr: readonly string[]): readonly string[] {
  if (amr.includes('pop')) return amr
  return amr.at(-1) === 'mfa' ? [...amr.slice(0, -1), 'pop', 'mfa'] : [...amr, 'pop']
}

/** Whether nothing more can be asked of whoever proved this. A passkey that verified its person is both at once. */
export function isTwiceProved(amr: readonly string[]): boolean {
  return amr.includes('mfa') || (isByMail(amr) && secondSteps.some((step) => amr.includes(step)))
}

/** Whether a mailed link was the first that was proved. A mailed code after a password is no second factor either. */
function isByMail([first]: readonly string[]): boolean {
  return first === 'email'
}

/** How strong a login by these methods was. */
export function acrOf(amr: readonly string[]): Acr {
  if (amr.includes('mfa')) return 'aal2'
  const ofPerson = amr.filter((method) => method !== 'pop')
  return ofPerson.length === 1 && ofPerson[0] === 'email' ? 'email' : 'aal1'
}
