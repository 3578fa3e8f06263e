import { Refusal } from '../kit/index.ts'

/** Why a new password is refused: `reason` of the problem document. */
export const passwordFaults = ['too_short', 'too_long', 'common', 'context', 'breached', 'reused'] as const

export type PasswordFault = (typeof passwordFaults)[number]

/** Code points. NIST SP 800-63B-4 3.1.1.2 asks for at least 64. */
export const longestPassword = 256

/** The refusal of a new password, with what to do about it. @param least the tenant's shortest, in code points. */
export function refusePassword(reason: PasswordFault, least: number): Refusal {
  return new Refusal('password_unacceptable', { reason, detail: details(least)[reason] })
}

function details(least: number): Record<PasswordFault, string> {
  return {
    too_short: `The password needs at least ${least} characters. A few unrelated words are easy to remember.`,
    too_long: `The password may have at most ${longestPassword} characters.`,
    common:
      'Many people use this password, or it is a simple pattern, so it is tried first. Choose another: a few unrelated words are easy to remember.',
    context:
      'The password is little more than your address, or the name of the organisation or of this service. Choose one that has nothing to do with them.',
    breached:
      'This password became known when data was stolen elsewhere, so it is tried first. Choose one that you use nowhere else, and change it wherever else you use it.',
    reused: 'This is a password you had before. Choose a new one.',
  }
}
