import { inOneFlight } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { MagicLinkDeps } from './deps.ts'
import { digitsFor } from './derive.ts'
import type { MagicLinkName, MagicLinkStatus } from './magic-link.ts'
import { usableMagicLink } from './queries.ts'
import { requireToken } from './tokens.ts'

/** A link as the device sees it that asked for it. */
export interface CheckedMagicLink {
  readonly status: MagicLinkStatus
  /** For it to show. */
  readonly number: string
}

/**
 * How a link stands, for the device that asked and waits. Redis answers; where it does not know, or is away, Postgres
 * does. Nothing tells whether anybody was mailed. @throws Refusal `code_invalid`.
 */
export async function checkMagicLink(
  deps: MagicLinkDeps,
  { tenantId, request }: { readonly tenantId: Id<'ten'>; readonly request: string },
): Promise<CheckedMagicLink> {
  const name = requireToken(deps, 'request', { tenantId, token: request })
  return { status: await statusOf(deps, name), number: digitsFor(deps, 'number', name) }
}

async function statusOf(deps: MagicLinkDeps, name: MagicLinkName): Promise<MagicLinkStatus> {
  const known = await deps.linkStates.find(name)
  if (known !== undefined) return known
  const { tenantId } = name
  const [[link]] = await inOneFlight(deps.db, { tenantId }, [usableMagicLink({ ...name, now: deps.clock() })])
  const status = link === undefined ? 'ended' : link.approvedAt === null ? 'waiting' : 'approved'
  await deps.linkStates.keep(name, status)
  return status
}
