import type { Passwords } from '../credential/index.ts'
import { authenticateWithPassword, type AuthenticateWithPassword } from './authenticate-with-password.ts'
import type { IssuedSession } from './issued-session.ts'
import { openBrowserSession, type OpenedBrowserSession } from './open-browser-session.ts'
import { unlessOvertaken } from './require-standing.ts'
import { openSession, type OpenSessionDeps } from './open-session.ts'

export interface LogInWithPassword extends AuthenticateWithPassword {
  /** What the person calls their device. */
  readonly device?: string
}

type Deps = OpenSessionDeps & { readonly passwords: Passwords }

/**
 * Opens a session for the person whose password this is, with the tokens of the tenant's built-in client.
 * @throws Refusal what `authenticateWithPassword` refuses, and `temporarily_unavailable` when no key can sign.
 */
export async function logInWithPassword(deps: Deps, input: LogInWithPassword): Promise<IssuedSession> {
  const { device, origin } = input
  return unlessOvertaken(async () =>
    openSession(deps, { ...(await authenticateWithPassword(deps, input)), device, origin }),
  )
}

export interface LogInBrowserWithPassword extends AuthenticateWithPassword {
  /** The token of the session cookie that the browser holds already, whosever it is. */
  readonly previous: string | undefined
}

/**
 * Opens a session that a browser holds by its cookie, for the person whose password this is. The one that the
 * browser had before ends.
 * @throws Refusal what `authenticateWithPassword` refuses.
 */
export async function logInBrowserWithPassword(
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'passwords' | 'sessionCache'>,
  input: LogInBrowserWithPassword,
): Promise<OpenedBrowserSession> {
  const { previous, origin } = input
  return unlessOvertaken(async () =>
    openBrowserSession(deps, { ...(await authenticateWithPassword(deps, input)), previous, origin }),
  )
}
