import { challengeUsed } from '../challenge/index.ts'
import { factorUsed } from '../factor/index.ts'
import { Refusal } from '../kit/index.ts'
import { authenticateWithPasskey, type AuthenticateWithPasskey } from './authenticate-with-passkey.ts'
import { clearLogin, type ClearDeps } from './clear-login.ts'
import type { IssuedSession } from './issued-session.ts'
import { openBrowserSession, type OpenedBrowserSession } from './open-browser-session.ts'
import { openSession, type OpenSessionDeps } from './open-session.ts'
import { unlessOvertaken } from './require-standing.ts'

export interface LogInWithPasskey extends AuthenticateWithPasskey {
  /** What the person calls their device. */
  readonly device?: string | undefined
}

type Deps = OpenSessionDeps & ClearDeps

/**
 * Opens a session for the person whose passkey this is, with the tokens of the tenant's built-in client.
 * @throws Refusal what `authenticateWithPasskey` and `clearLogin` refuse, and `temporarily_unavailable` when no key
 *   can sign.
 */
export async function logInWithPasskey(deps: Deps, input: LogInWithPasskey): Promise<IssuedSession> {
  const { device, origin } = input
  return unlessQuicker(async () => {
    const login = await authenticateWithPasskey(deps, input)
    return openSession(deps, { cleared: await clearLogin(deps, { login, device, origin }), device, origin })
  })
}

export interface LogInBrowserWithPasskey extends AuthenticateWithPasskey {
  readonly binding: Buffer
  /** The token of the session cookie that the browser holds already, whosever it is. */
  readonly previous: string | undefined
}

/**
 * Opens a session that a browser holds by its cookie, for the person whose passkey this is. The one that the browser
 * had before ends.
 * @throws Refusal what `authenticateWithPasskey` and `clearLogin` refuse.
 */
export async function logInBrowserWithPasskey(
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'issuer' | 'limiter' | 'sessionCache' | 'risk'>,
  input: LogInBrowserWithPasskey,
): Promise<OpenedBrowserSession> {
  const { previous, binding, origin } = input
  return unlessQuicker(async () => {
    const login = await authenticateWithPasskey(deps, input)
    return openBrowserSession(deps, {
      cleared: await clearLogin(deps, { login, binding, origin }),
      previous,
      origin,
    })
  })
}

/**
 * What was right a moment ago may have been used by somebody quicker; then nothing was opened, nor anything else done.
 * @throws Refusal `challenge_invalid`, `passkey_invalid`.
 */
async function unlessQuicker<T>(logIn: () => Promise<T>): Promise<T> {
  try {
    return await unlessOvertaken(logIn)
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === challengeUsed) throw new Refusal('challenge_invalid')
    if (code === factorUsed) throw new Refusal('passkey_invalid')
    throw error
  }
}
