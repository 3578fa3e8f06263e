import { appendAudit } from '../audit/index.ts'
import type { Statement } from '../db/index.ts'
import type { Clock, RequestOrigin } from '../kit/index.ts'
import type { MagicLinkName } from './magic-link.ts'

/** The audit row of a link, code or number that was refused. */
export function refusedMagicLink(
  { clock }: { readonly clock: Clock },
  { tenantId, id }: MagicLinkName,
  {
    reason,
    origin,
  }: { readonly reason: 'link' | 'code' | 'number' | 'approval'; readonly origin: RequestOrigin },
): Statement {
  return appendAudit({
    tenantId,
    at: clock(),
    actor: { type: 'anonymous' },
    action: 'magic_link.refused',
    target: { type: 'magic_link', id },
    outcome: 'refused',
    reason,
    origin,
  })
}
