import { inOneFlight, streamKey } from '../db/index.ts'
import { beginTotp, planConfirmation, untilCodesStand, type TotpSetup } from '../factor/index.ts'
import type { Id } from '../kit/index.ts'
import {
  isTwiceProved,
  provedIn,
  raiseBrowserSession,
  raiseSession,
  requireStrongAuthentication,
  withProof,
  type RaiseDeps,
  type RaisedSession,
  type Raising,
  type RenewedCookie,
} from '../session/index.ts'
import { refuseOvertaken, type FactorCall, type FactorDeps } from './factor-call.ts'

/**
 * Begins to add an authenticator app.
 * @throws Refusal `reauthentication_required`, `not_allowed` where the tenant has no second factors, `wrong_state` for
 *   who has too many, `rate_limited`.
 */
export async function addTotp(
  deps: FactorDeps,
  call: FactorCall & { readonly name?: string | undefined },
): Promise<TotpSetup> {
  await requireStrongAuthentication(deps, call)
  return beginTotp(deps, call)
}

type Confirmation = FactorCall & {
  /** The open session that asks. */
  readonly sessionId: Id<'ses'>
  readonly factorId: Id<'mfa'>
  readonly code: string
}

export interface ConfirmedTotp<Raised> {
  /** With the person's first factor: told once. */
  readonly recoveryCodes: readonly string[] | undefined
  /** Where the session became as strong as the code makes it. */
  readonly raised: Raised | undefined
}

/**
 * Makes an authenticator app count, which the person shows to work by a code of it. They are told by mail. A session
 * that showed no second factor yet is raised by that: the code was right just now.
 * @returns recovery codes with the first factor, and the access token of a session that was raised.
 * @throws Refusal `reauthentication_required`, `not_found` for what they did not begin or began too long ago (C187),
 *   `factor_invalid`, `rate_limited`, `session_ended`, `temporarily_unavailable` when no key can sign.
 */
export async function confirmTotp(
  deps: FactorDeps & RaiseDeps,
  call: Confirmation & { readonly grantId: Id<'grt'> },
): Promise<ConfirmedTotp<RaisedSession>> {
  return confirm(deps, call, (raising) => raiseSession(deps, { ...raising, grantId: call.grantId }))
}

/** As `confirmTotp`, in a session that a browser holds: one that is raised is held by another cookie. */
export async function confirmTotpInBrowser(
  deps: FactorDeps,
  call: Confirmation,
): Promise<ConfirmedTotp<RenewedCookie>> {
  return confirm(deps, call, (raising) => raiseBrowserSession(deps, raising))
}

async function confirm<Raised>(
  deps: FactorDeps,
  call: Confirmation,
  raise: (raising: Raising) => Promise<Raised>,
): Promise<ConfirmedTotp<Raised>> {
  const { tenantId, userId, sessionId, login, origin } = call
  const scope = { tenantId, streams: [streamKey(tenantId, userId)] }
  const mustBeFirst = !isTwiceProved(login.amr)
  return untilCodesStand(async () => {
    await requireStrongAuthentication(deps, call)
    const { statements: also, recoveryCodes } = await planConfirmation(deps, { ...call, mustBeFirst })
    if (!mustBeFirst) {
      await inOneFlight(deps.db, scope, also).catch(refuseOvertaken)
      return { recoveryCodes, raised: undefined }
    }
    const amr = withProof(await provedIn(deps, call), 'otp')
    const raised = await raise({ ...scope, userId, sessionId, amr, also, origin }).catch(
      async (error: unknown) => {
        // Who has another factor by now is asked for that one.
        await requireStrongAuthentication(deps, call)
        return refuseOvertaken(error)
      },
    )
    return { recoveryCodes, raised }
  })
}
