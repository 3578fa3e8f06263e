import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { askedFromOf, type AskedFrom } from './asked-from.ts'
import { digitsFor } from './derive.ts'
import { magicLinkSeconds } from './magic-link.ts'
import { addressMagicLink } from './queries.ts'
import { spellToken } from './tokens.ts'

/** What a mail says of a link: the same every time. */
export interface MailedMagicLink {
  readonly token: string
  readonly digits: string
  readonly minutes: number
  readonly askedFrom: AskedFrom
}

/**
 * What lets a person in, for a mail to their address, now that it is known whose that is.
 * @param mailed.link the id of the link, as whoever asked made it.
 * @returns undefined when it has been overtaken, or is too old: the mail would be of no use.
 */
export async function mailMagicLink(
  deps: { readonly clock: Clock; readonly secrets: SecretRings },
  tx: Executor,
  mailed: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly link: string },
): Promise<MailedMagicLink | undefined> {
  const { tenantId, userId } = mailed
  const now = deps.clock()
  const [link] = await run(tx, addressMagicLink({ tenantId, id: mailed.link as Id<'mgl'>, now }, userId))
  if (link === undefined) return undefined
  const target = { type: 'user', id: userId }
  const actor = { type: 'system' } as const
  await run(
    tx,
    appendAudit({ tenantId, at: now, actor, action: 'magic_link.mailed', target, outcome: 'success' }),
  )
  return {
    token: spellToken(deps, 'link', link, now),
    digits: digitsFor(deps, 'code', link),
    minutes: magicLinkSeconds / 60,
    askedFrom: askedFromOf(deps, link),
  }
}
