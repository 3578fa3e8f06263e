import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { FactorKind } from './factor.ts'
import { countFactorFailure, mostFactorFailures } from './queries.ts'

export interface FactorFailure {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly kind: FactorKind
  readonly at: Date
  readonly origin: RequestOrigin
}

/**
 * Counts a wrong answer at a person's factors of its kind. The hundredth in a row disables them, which is recorded, and
 * the person is told by mail. To be run with the person's stream in the transaction's scope.
 */
export async function recordFactorFailure(
  deps: { readonly secrets: SecretRings },
  tx: Executor,
  { tenantId, userId, kind, at, origin }: FactorFailure,
): Promise<void> {
  const counted = await run(tx, countFactorFailure({ tenantId, userId, kind, at }))
  const disabled = counted.filter(({ failures }) => failures >= mostFactorFailures)
  for (const { id } of disabled) {
    const target = { type: 'factor', id }
    const actor = { type: 'system' } as const
    const because = { outcome: 'success', reason: 'too_many_failures' } as const
    await run(tx, appendAudit({ tenantId, at, actor, action: 'factor.disabled', target, ...because, origin }))
  }
  if (disabled.length > 0)
    await run(tx, queueMail(deps, { tenantId, template: 'factor_disabled', userId, at }))
}
