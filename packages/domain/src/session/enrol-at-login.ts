import { readChallenge, useChallenge, type Challenge } from '../challenge/index.ts'
import type { Statement } from '../db/index.ts'
import {
  beginTotp,
  planConfirmation,
  type CheckFactorDeps,
  type FactorMethod,
  type TotpSetup,
} from '../factor/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import {
  passkeyCreationFor,
  planRegistration,
  type PasskeyDeps,
  type PasskeySetup,
  type RegistrationJson,
} from '../passkey/index.ts'
import { withSecondStep } from './assurance.ts'
import { clearLogin, type ClearDeps, type Cleared } from './clear-login.ts'
import type { IssuedSession } from './issued-session.ts'
import { unlessUsed } from './log-in-with-factor.ts'
import { openBrowserSession, type OpenedBrowserSession } from './open-browser-session.ts'
import { openSession, type OpenSessionDeps } from './open-session.ts'
import { requireUserId, resumeLogin } from './resume-login.ts'
import type { SessionCache } from './session-cache.ts'

type EnrolDeps = CheckFactorDeps & ClearDeps & PasskeyDeps

export interface EnrolAtLogin {
  readonly tenantId: Id<'ten'>
  /** The token of the challenge that asks for a factor. */
  readonly challenge: string
  /** Of the browser that answers, where one does; see `browserBinding`. */
  readonly binding?: Buffer | undefined
  readonly origin: RequestOrigin
}

/** What is added: an authenticator app, by a code of it, or a passkey, as the browser made it. */
export type AddedFactor =
  | { readonly factorId: Id<'mfa'>; readonly code: string }
  | { readonly registration: RegistrationJson; readonly name?: string | undefined }

export interface ConfirmAtLogin extends EnrolAtLogin {
  readonly added: AddedFactor
}

/**
 * Begins to add the authenticator app without which a login may not go on. The challenge is not used up by that.
 * @throws Refusal `challenge_invalid`, `user_suspended`, and what `beginTotp` refuses.
 */
export async function beginEnrolment(
  deps: CheckFactorDeps,
  input: EnrolAtLogin & { readonly name?: string | undefined },
): Promise<TotpSetup> {
  const { tenantId, name, origin } = input
  const challenge = await enrolChallenge(deps, input)
  await resumeLogin(deps, challenge, origin)
  return beginTotp(deps, { tenantId, userId: requireUserId(challenge), name, origin })
}

/**
 * Begins to add the passkey without which a login may not go on. It answers the login's own challenge, which is not
 * used up by that.
 * @throws Refusal `challenge_invalid`, `user_suspended`, `not_allowed` where the tenant has no second factors by now.
 */
export async function beginPasskeyEnrolment(deps: EnrolDeps, input: EnrolAtLogin): Promise<PasskeySetup> {
  const challenge = await enrolChallenge(deps, input)
  await resumeLogin(deps, challenge, input.origin)
  const options = await passkeyCreationFor(deps, challenge)
  return { challenge: input.challenge, options, expiresAt: challenge.expiresAt }
}

/** Recovery codes are told once, with the session that they were made with. */
export type WithRecoveryCodes<T> = T & { readonly recoveryCodes: readonly string[] }

/**
 * Opens the session of a login that had to add a factor first: the factor counts with the session or not at all, and
 * only if it is the person's first (C191).
 * @throws Refusal `challenge_invalid`, `not_found` for an app that was not begun, `factor_invalid`, `passkey_invalid`
 *   after recording why, `rate_limited`, `user_suspended`.
 */
export async function logInByEnrolling(
  deps: OpenSessionDeps & EnrolDeps,
  input: ConfirmAtLogin,
): Promise<WithRecoveryCodes<IssuedSession>> {
  const { origin } = input
  const { cleared, device, recoveryCodes } = await enrol(deps, input)
  const issued = await unlessUsed(openSession(deps, { cleared, device, origin }), 'challenge_invalid')
  return { ...issued, recoveryCodes }
}

/** As `logInByEnrolling`, for a session that a browser holds by its cookie. */
export async function logInBrowserByEnrolling(
  deps: EnrolDeps & { readonly sessionCache: SessionCache },
  input: ConfirmAtLogin & { readonly binding: Buffer; readonly previous: string | undefined },
): Promise<WithRecoveryCodes<OpenedBrowserSession>> {
  const { previous, origin } = input
  const { cleared, recoveryCodes } = await enrol(deps, input)
  const opened = await unlessUsed(
    openBrowserSession(deps, { cleared, previous, origin }),
    'challenge_invalid',
  )
  return { ...opened, recoveryCodes }
}

async function enrol(
  deps: EnrolDeps,
  input: ConfirmAtLogin,
): Promise<{ cleared: Cleared; device: string | undefined; recoveryCodes: readonly string[] }> {
  const { binding, origin } = input
  const challenge = await enrolChallenge(deps, input)
  const { login, device } = await resumeLogin(deps, challenge, origin)
  const planned = await plan(deps, challenge, input)
  const also = [...planned.statements, ...login.also]
  const cleared = await clearLogin(deps, {
    login: { ...login, amr: withSecondStep(login.amr, planned.method), also },
    device,
    binding,
    origin,
  })
  return { cleared, device, recoveryCodes: planned.recoveryCodes ?? [] }
}

interface Planned {
  readonly method: FactorMethod
  /** They use the challenge up, too. */
  readonly statements: readonly Statement<unknown>[]
  readonly recoveryCodes: readonly string[] | undefined
}

async function plan(
  deps: EnrolDeps,
  challenge: Challenge,
  { tenantId, added, origin }: ConfirmAtLogin,
): Promise<Planned> {
  const common = { mustBeFirst: true, origin }
  if ('registration' in added) return planRegistration(deps, challenge, { ...added, ...common })
  const userId = requireUserId(challenge)
  const { statements, recoveryCodes } = await planConfirmation(deps, {
    tenantId,
    userId,
    ...added,
    ...common,
  })
  const use = useChallenge({ ...challenge, now: deps.clock() })
  return { method: 'otp', statements: [use, ...statements], recoveryCodes }
}

function enrolChallenge(
  deps: CheckFactorDeps,
  { tenantId, challenge: token, binding }: EnrolAtLogin,
): Promise<Challenge> {
  return readChallenge(deps, { tenantId, token, kinds: ['factor_enrol'], binding })
}
