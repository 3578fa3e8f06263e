import { inOneFlight, streamKey } from '../db/index.ts'
import { beginTotp, planConfirmation, untilCodesStand, type TotpSetup } from '../factor/index.ts'
import type { Id } from '../kit/index.ts'
import { requireStrongAuthentication } from '../session/index.ts'
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

/**
 * Makes an authenticator app count, which the person shows to work by a code of it. They are told by mail.
 * @returns recovery codes, with the person's first factor: told once.
 * @throws Refusal `reauthentication_required`, `not_found` for what they did not begin or began too long ago (C187),
 *   `factor_invalid`, `rate_limited`.
 */
export async function confirmTotp(
  deps: FactorDeps,
  call: FactorCall & { readonly factorId: Id<'mfa'>; readonly code: string },
): Promise<{ readonly recoveryCodes: readonly string[] | undefined }> {
  const { tenantId, userId } = call
  const scope = { tenantId, streams: [streamKey(tenantId, userId)] }
  return untilCodesStand(async () => {
    await requireStrongAuthentication(deps, call)
    const { statements, recoveryCodes } = await planConfirmation(deps, { ...call, mustBeFirst: false })
    await inOneFlight(deps.db, scope, statements).catch(refuseOvertaken)
    return { recoveryCodes }
  })
}
