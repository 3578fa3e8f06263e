import { inOneFlight } from '../db/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { askedFromOf, type AskedFrom } from './asked-from.ts'
import type { MagicLinkDeps } from './deps.ts'
import { usableMagicLink } from './queries.ts'
import { requireToken } from './tokens.ts'

/** What whoever follows a mailed link is shown. */
export interface ViewedMagicLink {
  /** Whether it was asked for on the device that follows it. */
  readonly isOwn: boolean
  readonly isApproved: boolean
  readonly askedFrom: AskedFrom
}

type Deps = Pick<MagicLinkDeps, 'db' | 'clock' | 'secrets'>

/**
 * What a mailed link is about. Nothing happens by looking, whoever looks, and however often.
 * @param input.request what the device holds that follows the link, if it asked for one itself.
 * @throws Refusal `code_invalid` for a link that cannot be used any more.
 */
export async function viewMagicLink(
  deps: Deps,
  input: { readonly tenantId: Id<'ten'>; readonly token: string; readonly request: string | undefined },
): Promise<ViewedMagicLink> {
  const { tenantId } = input
  const name = requireToken(deps, 'link', input)
  const [[link]] = await inOneFlight(deps.db, { tenantId }, [usableMagicLink({ ...name, now: deps.clock() })])
  if (link === undefined) throw new Refusal('code_invalid')
  return {
    isOwn: isOwnLink(deps, input),
    isApproved: link.approvedAt !== null,
    askedFrom: askedFromOf(deps, link),
  }
}

/** Whether a device that holds this asked for this link. Tells by the tokens alone. */
export function isOwnLink(
  deps: Pick<Deps, 'secrets'>,
  { tenantId, token, request }: { tenantId: Id<'ten'>; token: string; request: string | undefined },
): boolean {
  if (request === undefined) return false
  try {
    const asked = requireToken(deps, 'request', { tenantId, token: request })
    return asked.id === requireToken(deps, 'link', { tenantId, token }).id
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}
