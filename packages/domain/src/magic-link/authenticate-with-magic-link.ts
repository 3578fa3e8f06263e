import { appendAudit } from '../audit/index.ts'
import { inOneFlight, inTenant, streamKey } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { keepOrigin } from '../login-attempt/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { lookUpLogin, type Authenticated } from '../session/index.ts'
import { requireMagicLinks } from '../tenant/index.ts'
import { confirmEmail, type User } from '../user/index.ts'
import type { FromTenant, MagicLinkDeps } from './deps.ts'
import { fitsDigits } from './derive.ts'
import type { MagicLink, MagicLinkName } from './magic-link.ts'
import { takeCodeGuess, usableMagicLink, useMagicLink } from './queries.ts'
import { refusedMagicLink } from './refused-magic-link.ts'
import { subjectsOf } from './subject.ts'
import { requireToken } from './tokens.ts'

/** What shows that the mail was read: its link, its code, or that the link was approved from another device. */
export type MagicProof =
  | { readonly by: 'link'; readonly token: string }
  | { readonly by: 'code'; readonly code: string }
  | { readonly by: 'approval' }

export interface AuthenticateWithMagicLink extends FromTenant {
  /** What the device holds that asked: without it the mail alone lets nobody in. */
  readonly request: string
  readonly proof: MagicProof
  /** What the browser keeps to be known again: see `rememberDevice`. */
  readonly knownBy?: string | undefined
}

/** Somebody who is about to use a link up. */
export interface AuthenticatedByLink {
  readonly login: Authenticated
  readonly link: MagicLinkName
}

type Deps = Pick<MagicLinkDeps, 'db' | 'clock' | 'secrets'>

/**
 * Finds out whom a mailed link or code lets in, on the device that asked for it. Opens nothing: see `clearLogin`. The
 * link is used up in the transaction that stores the session, or the challenge for a second factor. That the address
 * is theirs is confirmed by it.
 * @throws Refusal `code_invalid`, after recording it, for whatever does not let anybody in; `magic_links_off`; and
 *   `user_suspended`, which is said only to who has read the mail.
 */
export async function authenticateWithMagicLink(
  deps: Deps,
  input: AuthenticateWithMagicLink,
): Promise<AuthenticatedByLink> {
  const { tenantId, request, knownBy, origin } = input
  const name = requireToken(deps, 'request', { tenantId, token: request })
  const link = await provedLink(deps, name, input)
  if (link === undefined || link.userId === null) return refuse(deps, name, input)
  const found = await lookUpLogin(deps, { tenantId, userId: link.userId, origin, knownBy })
  const { user } = found
  requireMagicLinks(found.policy)
  if (user === undefined || !isStillTheirs(deps, link, user)) return refuse(deps, name, input)
  if (user.status !== 'active') return refuseSuspended(deps, user, input)
  const at = deps.clock()
  if (user.emailVerifiedAt === null) await confirm(deps, user, input)
  const use = useMagicLink({ ...name, now: at })
  const kept = keepOrigin(deps, { tenantId, email: user.email, userId: user.id, origin })
  const login: Authenticated = {
    ...found,
    user,
    amr: ['email'],
    passwordOf: undefined,
    also: [use, kept],
    spends: [use],
  }
  return { login, link: name }
}

/** The link, if the proof is right and it can still be used. */
async function provedLink(
  deps: Deps,
  name: MagicLinkName,
  { tenantId, proof }: AuthenticateWithMagicLink,
): Promise<MagicLink | undefined> {
  const named = { ...name, now: deps.clock() }
  if (proof.by === 'code') {
    const [[link]] = await inOneFlight(deps.db, { tenantId }, [takeCodeGuess(named)])
    return link !== undefined && fitsDigits(deps, 'code', { name, digits: proof.code }) ? link : undefined
  }
  if (proof.by === 'link' && requireToken(deps, 'link', { tenantId, token: proof.token }).id !== name.id)
    return undefined
  const [[link]] = await inOneFlight(deps.db, { tenantId }, [usableMagicLink(named)])
  return proof.by === 'approval' && link?.approvedAt === null ? undefined : link
}

/** Who has another address by now was not mailed at it. */
function isStillTheirs(deps: Deps, link: MagicLink, user: User): boolean {
  return subjectsOf(deps, user.tenantId, user.email).some((subject) => subject.equals(link.subject))
}

async function refuse(
  deps: Deps,
  name: MagicLinkName,
  { tenantId, proof, origin }: AuthenticateWithMagicLink,
): Promise<never> {
  const refused = refusedMagicLink(deps, name, { reason: proof.by, origin })
  await inOneFlight(deps.db, { tenantId }, [refused])
  throw new Refusal('code_invalid')
}

async function refuseSuspended(
  deps: Deps,
  { id: userId }: User,
  { tenantId, origin }: AuthenticateWithMagicLink,
): Promise<never> {
  const at = deps.clock()
  const reason = 'user_suspended'
  await inOneFlight(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, [
    appendAudit({
      tenantId,
      at,
      actor: { type: 'anonymous' },
      action: 'user.login_failed',
      target: { type: 'user', id: userId },
      outcome: 'refused',
      reason,
      origin,
    }),
    appendEvent({
      tenantId,
      aggregateId: userId,
      at,
      event: { type: 'user.login_failed', payload: { userId, reason } },
      origin,
    }),
  ])
  throw new Refusal(reason)
}

/** In a transaction of its own: that the mail was read stays true, whatever becomes of the login. */
async function confirm(
  deps: Deps,
  user: User,
  { tenantId, origin }: AuthenticateWithMagicLink,
): Promise<void> {
  const streams = [streamKey(tenantId, user.id)]
  await inTenant(deps.db, { tenantId, streams }, async (tx) => {
    await confirmEmail(tx, user, { at: deps.clock(), origin })
  })
}
