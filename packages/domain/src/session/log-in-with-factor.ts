import { challengeUsed } from '../challenge/index.ts'
import { factorUsed } from '../factor/index.ts'
import { Refusal } from '../kit/index.ts'
import type { Limiter } from '../limit/index.ts'
import { authenticateWithFactor, type AuthenticateWithFactor } from './authenticate-with-factor.ts'
import { clearLogin, type ClearDeps } from './clear-login.ts'
import type { IssuedSession } from './issued-session.ts'
import { openBrowserSession, type OpenedBrowserSession } from './open-browser-session.ts'
import { openSession, type OpenSessionDeps } from './open-session.ts'
import { overtaken } from './require-standing.ts'

type Deps = OpenSessionDeps & ClearDeps & { readonly limiter: Limiter }

/**
 * Opens a session for the person who answered their login's challenge, with the tokens of the tenant's built-in client.
 * Challenge and code are used up with the session that they open, or not at all.
 * @throws Refusal what `authenticateWithFactor` and `clearLogin` refuse, and `temporarily_unavailable` when no key can
 *   sign.
 */
export async function logInWithFactor(deps: Deps, input: AuthenticateWithFactor): Promise<IssuedSession> {
  const { origin } = input
  const { login, device } = await authenticateWithFactor(deps, input)
  const cleared = await clearLogin(deps, { login, device, origin })
  return unlessUsed(openSession(deps, { cleared, device, origin }))
}

export interface LogInBrowserWithFactor extends AuthenticateWithFactor {
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
): Promise<OpenedBrowserSession> {
  const { previous, binding, origin } = input
  const { login } = await authenticateWithFactor(deps, input)
  const cleared = await clearLogin(deps, { login, binding, origin })
  return unlessUsed(openBrowserSession(deps, { cleared, previous, origin }))
}

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
    if (code === challengeUsed || code === overtaken) throw new Refusal('challenge_invalid')
    if (code === factorUsed) throw new Refusal(used)
    throw error
  }
}
