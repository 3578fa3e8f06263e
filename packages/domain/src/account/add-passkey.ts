import { challengeUsed } from '../challenge/index.ts'
import { inOneFlight, streamKey } from '../db/index.ts'
import { factorUsed, untilCodesStand } from '../factor/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import {
  beginPasskey,
  passkeyRefused,
  planPasskey,
  type PasskeyDeps,
  type PasskeySetup,
  type RegistrationJson,
} from '../passkey/index.ts'
import { isTwiceProved, requireStrongAuthentication } from '../session/index.ts'
import type { FactorCall } from './factor-call.ts'

type PasskeyCall = FactorCall & {
  /** The open session that asks. */
  readonly sessionId: Id<'ses'>
  /** Of the browser, which alone may go on; see `browserBinding`. */
  readonly binding?: Buffer | undefined
}

/**
 * Begins to add a passkey.
 * @throws Refusal `reauthentication_required`, `not_allowed` where the tenant has no second factors, `wrong_state` for
 *   who has five.
 */
export async function addPasskey(deps: PasskeyDeps, call: PasskeyCall): Promise<PasskeySetup> {
  await requireStrongAuthentication(deps, call)
  return beginPasskey(deps, call)
}

export type ConfirmPasskey = PasskeyCall & {
  /** The challenge's token. */
  readonly challenge: string
  /** What the browser answered. */
  readonly registration: RegistrationJson
  /** What the person calls it. */
  readonly name?: string | undefined
}

/**
 * Makes a passkey count that the person's browser has made. They are told by mail.
 * @returns its id, and recovery codes with the person's first factor: told once.
 * @throws Refusal `reauthentication_required`, `challenge_invalid`, `passkey_invalid`, `wrong_state` for who has five by
 *   then, and when the tenant's relying party has become another one.
 */
export async function confirmPasskey(
  deps: PasskeyDeps,
  call: ConfirmPasskey,
): Promise<{ readonly id: Id<'mfa'>; readonly recoveryCodes: readonly string[] | undefined }> {
  const { tenantId, userId } = call
  const scope = { tenantId, streams: [streamKey(tenantId, userId)] }
  const mustBeFirst = !isTwiceProved(call.login.amr)
  return untilCodesStand(async () => {
    await requireStrongAuthentication(deps, call)
    const { factorId, statements, recoveryCodes } = await planPasskey(deps, { ...call, mustBeFirst })
    await inOneFlight(deps.db, scope, statements).catch(async (error: unknown) => {
      // Who has a factor by now is asked for that one.
      await requireStrongAuthentication(deps, call)
      return refuseLate(error)
    })
    return { id: factorId, recoveryCodes }
  })
}

/** What was so when it was planned may not be so any more. */
function refuseLate(error: unknown): never {
  const { code } = error as { code?: unknown }
  if (code === challengeUsed) throw new Refusal('challenge_invalid')
  if (code === passkeyRefused || code === factorUsed) throw new Refusal('wrong_state')
  throw error
}
