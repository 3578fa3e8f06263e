import { appendAudit } from '../audit/index.ts'
import { inOneFlight, inTenant, run } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import type { FromTenant, MagicLinkDeps } from './deps.ts'
import { fitsDigits } from './derive.ts'
import { markApproved, takeNumberGuess } from './queries.ts'
import { refusedMagicLink } from './refused-magic-link.ts'
import { requireToken } from './tokens.ts'

export interface ApproveMagicLink extends FromTenant {
  /** From the mailed link. */
  readonly token: string
  /** As the device shows it that asked. */
  readonly number: string
}

/**
 * Lets the device go on that asked for a link, at the word of somebody who read the mail elsewhere and types the
 * number that device shows. Nobody is signed in by this where the link was followed: a mail scanner cannot know the
 * number, and who was sent a link that they did not ask for is not shown it. Five wrong numbers end this way in, not
 * the link.
 * @throws Refusal `code_invalid`.
 */
export async function approveMagicLink(deps: MagicLinkDeps, input: ApproveMagicLink): Promise<void> {
  const { tenantId, origin } = input
  const name = requireToken(deps, 'link', input)
  const now = deps.clock()
  const approved = await inTenant(deps.db, { tenantId }, async (tx) => {
    const [link] = await run(tx, takeNumberGuess({ ...name, now }))
    if (link === undefined || link.userId === null) return false
    if (!fitsDigits(deps, 'number', { name, digits: input.number })) return false
    const [marked] = await run(tx, markApproved({ ...name, now }))
    if (marked === undefined) return false
    const target = { type: 'magic_link', id: name.id }
    const actor = { type: 'user', id: link.userId } as const
    const action = 'magic_link.approved'
    await run(tx, appendAudit({ tenantId, at: now, actor, action, target, outcome: 'success', origin }))
    return true
  })
  if (approved) return deps.linkStates.keep(name, 'approved')
  await inOneFlight(deps.db, { tenantId }, [refusedMagicLink(deps, name, { reason: 'number', origin })])
  throw new Refusal('code_invalid')
}
