import type { Passwords } from '../credential/index.ts'
import type { DeviceProof } from '../device/index.ts'
import { authenticateWithPassword, type AuthenticateWithPassword } from './authenticate-with-password.ts'
import { clearLogin, type ClearDeps } from './clear-login.ts'
import type { IssuedSession } from './issued-session.ts'
import { openBrowserSession, type OpenedBrowserSession } from './open-browser-session.ts'
import { unlessOvertaken } from './require-standing.ts'
import { proveDeviceAtLogin } from './prove-device-at-login.ts'
import { unlessProofUsed } from './prove-device.ts'
import { openSession, type OpenSessionDeps } from './open-session.ts'

export interface LogInWithPassword extends AuthenticateWithPassword {
  /** What the person calls their device. */
  readonly device?: string
  /** Of the registered device that it is on. */
  readonly deviceProof?: DeviceProof | undefined
  /** What the browser keeps of trust in its people, where one logs in. */
  readonly trusted?: string | undefined
}

type Deps = OpenSessionDeps & ClearDeps & { readonly passwords: Passwords }

/**
 * Opens a session for the person whose password this is, with the tokens of the tenant's built-in client.
 * @throws Refusal what `authenticateWithPassword` and `clearLogin` refuse, `challenge_invalid` and `device_invalid` for
 *   the proof of a device, and `temporarily_unavailable` when no key can sign.
 */
export async function logInWithPassword(deps: Deps, input: LogInWithPassword): Promise<IssuedSession> {
  const { device, deviceProof: proof, trusted, origin } = input
  return unlessOvertaken(async () => {
    const authenticated = await authenticateWithPassword(deps, input)
    const { login, device: onDevice } = await proveDeviceAtLogin(deps, authenticated, { proof, origin })
    const cleared = await clearLogin(deps, { login, device, onDevice, trusted, origin })
    return openSession(deps, { cleared, device, origin })
  }).catch(unlessProofUsed)
}

export interface LogInBrowserWithPassword extends AuthenticateWithPassword {
  /** The token of the session cookie that the browser holds already, whosever it is. */
  readonly previous: string | undefined
  /** Of the browser, which alone may take a second step; see `browserBinding`. */
  readonly binding?: Buffer | undefined
  /** What the browser keeps of trust in its people. */
  readonly trusted?: string | undefined
  /** Whether what they want next takes their second factor. */
  readonly asksForFactor?: boolean | undefined
}

/**
 * Opens a session that a browser holds by its cookie, for the person whose password this is. The one that the
 * browser had before ends.
 * @throws Refusal what `authenticateWithPassword` and `clearLogin` refuse.
 */
export async function logInBrowserWithPassword(
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'passwords' | 'sessionCache' | 'risk' | 'limiter'>,
  input: LogInBrowserWithPassword,
): Promise<OpenedBrowserSession> {
  const { previous, binding, trusted, asksForFactor, origin } = input
  return unlessOvertaken(async () => {
    const login = await authenticateWithPassword(deps, input)
    const cleared = await clearLogin(deps, { login, binding, trusted, asksForFactor, origin })
    return openBrowserSession(deps, { cleared, previous, origin })
  })
}
