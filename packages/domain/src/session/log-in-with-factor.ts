import { challengeUsed } from '../challenge/index.ts'
import { inOneFlight } from '../db/index.ts'
import { factorUsed, heldFactorsOf, recoveryCodesChanged } from '../factor/index.ts'
import { Refusal } from '../kit/index.ts'
import type { Limiter } from '../limit/index.ts'
import { passkeyRefused } from '../passkey/index.ts'
import { trustEndOf } from '../user/index.ts'
import { authenticateWithFactor, type AuthenticateWithFactor } from './authenticate-with-factor.ts'
import type { Authenticated } from './authenticated.ts'
import { clearLogin, type ClearDeps } from './clear-login.ts'
import type { IssuedSession } from './issued-session.ts'
import { openBrowserSession, type OpenedBrowserSession } from './open-browser-session.ts'
import { openSession, type OpenSessionDeps } from './open-session.ts'
import { overtaken } from './require-standing.ts'
import { trustBrowser } from './trusted-device.ts'

type Deps = OpenSessionDeps & ClearDeps & { readonly limiter: Limiter }

/**
 * Opens a session for the person who answered their login's challenge, with the tokens of the tenant's built-in client.
 * Challenge and code are used up with the session that they open, or not at all.
 * @throws Refusal what `authenticateWithFactor` and `clearLogin` refuse, and `temporarily_unavailable` when no key can
 *   sign.
 */
export async function logInWithFactor(
  deps: Deps,
  input: AuthenticateWithFactor & Trusting,
): Promise<IssuedSession & Trusted> {
  const { origin } = input
  const { login, device } = await authenticateWithFactor(deps, input)
  const cleared = await unlessUsed(clearLogin(deps, { login, device, origin }))
  const issued = await unlessUsed(openSession(deps, { cleared, device, origin }))
  return { ...issued, ...(await trustOf(deps, login, input)) }
}

export interface LogInBrowserWithFactor extends AuthenticateWithFactor, Trusting {
  readonly binding: Buffer
  /** The token of the session cookie that the browser holds already, whosever it is. */
  readonly previous: string | undefined
}

/**
 * Opens a session that a browser holds by its cookie, for the person who answered their login's challenge there.
 * @throws Refusal what `authenticateWithFactor` and `clearLogin` refuse.
 */
export async function logInBrowserWithFactor(
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'issuer' | 'limiter' | 'risk' | 'sessionCache'>,
  input: LogInBrowserWithFactor,
): Promise<OpenedBrowserSession & Trusted> {
  const { previous, binding, origin } = input
  const { login } = await authenticateWithFactor(deps, input)
  const cleared = await unlessUsed(clearLogin(deps, { login, binding, origin }))
  const opened = await unlessUsed(openBrowserSession(deps, { cleared, previous, origin }))
  return { ...opened, ...(await trustOf(deps, login, input)) }
}

/** The browser is to ask its person for no second factor any more, and keeps this already. */
interface Trusting {
  readonly trust?: { readonly kept: string | undefined } | undefined
}

interface Trusted {
  /** What the browser is to keep from now on, and for how long, in seconds. */
  readonly trusted?: { readonly value: string; readonly maxAge: number }
}

async function trustOf(
  deps: ClearDeps,
  { user, policy, passwordOf, amr }: Authenticated,
  { trust, origin }: Trusting & Pick<AuthenticateWithFactor, 'origin'>,
): Promise<Trusted> {
  const { trustedDeviceDays: days } = policy
  // Who was let in by a mailed code has shown no second factor to be spared.
  if (trust === undefined || days === 0 || amr.at(-1) === 'email') return {}
  const { tenantId, id: userId } = user
  const person = { tenantId, userId }
  const [held, [ended]] = await inOneFlight(deps.db, { tenantId }, [
    heldFactorsOf(person),
    trustEndOf(person),
  ])
  const trustEndedAt = ended?.trustEndedAt ?? null
  const value = trustBrowser(deps, { ...person, held, passwordOf, trustEndedAt, origin }, trust.kept)
  return { trusted: { value, maxAge: days * 86_400 } }
}

const beginsAgain: ReadonlySet<unknown> = new Set([
  challengeUsed,
  overtaken,
  passkeyRefused,
  recoveryCodesChanged,
])

/**
 * What was right a moment ago may have been used by somebody quicker; then nothing was opened, nor anything else done.
 * An account that has changed since the first step has to begin again.
 * @param used what is said when the factor was used by then.
 * @throws Refusal `challenge_invalid`, `factor_invalid`.
 */
export async function unlessUsed<T>(
  opening: Promise<T>,
  used: 'factor_invalid' | 'challenge_invalid' = 'factor_invalid',
): Promise<T> {
  try {
    return await opening
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (beginsAgain.has(code)) throw new Refusal('challenge_invalid')
    if (code === factorUsed) throw new Refusal(used)
    throw error
  }
}
