import { Refusal } from '../kit/index.ts'
import {
  clearLogin,
  openBrowserSession,
  openSession,
  unlessOvertaken,
  type ClearDeps,
  type Cleared,
  type IssuedSession,
  type OpenedBrowserSession,
  type OpenSessionDeps,
} from '../session/index.ts'
import { authenticateWithMagicLink, type AuthenticateWithMagicLink } from './authenticate-with-magic-link.ts'
import type { MagicLinkDeps } from './deps.ts'
import { linkUsed } from './queries.ts'

export interface LogInWithMagicLink extends AuthenticateWithMagicLink {
  /** What the person calls their device. */
  readonly device?: string | undefined
}

type BrowserDeps = MagicLinkDeps & ClearDeps & Pick<OpenSessionDeps, 'sessionCache'>

/**
 * Opens a session on the device that asked for a link, with the tokens of the tenant's built-in client.
 * @throws Refusal what `authenticateWithMagicLink` and `clearLogin` refuse, and `temporarily_unavailable` when no key
 *   can sign.
 */
export async function logInWithMagicLink(
  deps: OpenSessionDeps & BrowserDeps,
  input: LogInWithMagicLink,
): Promise<IssuedSession> {
  const { device, origin } = input
  return useUp(deps, { ...input, binding: undefined }, (cleared) =>
    openSession(deps, { cleared, device, origin }),
  )
}

export interface LogInBrowserWithMagicLink extends AuthenticateWithMagicLink {
  /** The token of the session cookie that the browser holds already, whosever it is. */
  readonly previous: string | undefined
  /** Of the browser, which alone may take a second step; see `browserBinding`. */
  readonly binding: Buffer | undefined
  /** Whether what they want next takes their second factor. */
  readonly asksForFactor?: boolean | undefined
}

/**
 * Opens a session that the browser that asked for a link holds by its cookie. The one that it had before ends.
 * @throws Refusal what `authenticateWithMagicLink` and `clearLogin` refuse.
 */
export async function logInBrowserWithMagicLink(
  deps: BrowserDeps,
  input: LogInBrowserWithMagicLink,
): Promise<OpenedBrowserSession> {
  const { previous, origin } = input
  return useUp(deps, { ...input, device: undefined }, (cleared) =>
    openBrowserSession(deps, { cleared, previous, origin }),
  )
}

/**
 * Session, or challenge, and the link's end are one transaction: of many who come with the same link, one gets in.
 * Where that transaction failed, the link is as it was.
 */
async function useUp<Opened>(
  deps: BrowserDeps,
  input: LogInWithMagicLink & Pick<LogInBrowserWithMagicLink, 'binding' | 'asksForFactor'>,
  open: (cleared: Cleared) => Promise<Opened>,
): Promise<Opened> {
  const { device, binding, asksForFactor, origin } = input
  return unlessOvertaken(async () => {
    const { login, link } = await authenticateWithMagicLink(deps, input)
    try {
      const opened = await open(await clearLogin(deps, { login, device, binding, asksForFactor, origin }))
      await deps.linkStates.keep(link, 'ended')
      return opened
    } catch (error) {
      if ((error as { code?: unknown }).code === linkUsed) throw new Refusal('code_invalid')
      if (error instanceof Refusal && error.challenge !== undefined) await deps.linkStates.keep(link, 'ended')
      throw error
    }
  })
}
