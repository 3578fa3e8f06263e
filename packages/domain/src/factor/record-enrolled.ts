import { appendAudit } from '../audit/index.ts'
import type { Statement } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { FactorKind } from './factor.ts'

export interface FactorChange {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly id: Id<'mfa'>
  readonly kind: Exclude<FactorKind, 'recovery'>
  readonly at: Date
  readonly origin: RequestOrigin
}

/** Audit, event and mail of a factor that counts from now on. The person's stream must be in the scope. */
export function recordEnrolled(
  deps: { readonly secrets: SecretRings },
  change: FactorChange,
): Statement<unknown>[] {
  const { tenantId, userId, id, kind, at, origin } = change
  const common = { tenantId, at, origin }
  const target = { type: 'factor', id }
  const actor = { type: 'user', id: userId } as const
  return [
    appendAudit({ ...common, actor, action: 'user.mfa_enrolled', target, outcome: 'success', reason: kind }),
    appendEvent({
      ...common,
      aggregateId: userId,
      event: { type: 'user.mfa_enrolled', payload: { userId, factorId: id, kind } },
    }),
    queueMail(deps, { tenantId, template: 'factor_added', userId, at }),
  ]
}

/** Audit, event and mail of a factor that was taken away. The person's stream must be in the scope. */
export function recordRemoved(
  deps: { readonly secrets: SecretRings },
  change: FactorChange & { readonly by?: { readonly type: 'user' | 'operator'; readonly id: string } },
): Statement<unknown>[] {
  const { tenantId, userId, id, kind, at, origin, by } = change
  const common = { tenantId, at, origin }
  const target = { type: 'factor', id }
  const actor = by ?? ({ type: 'user', id: userId } as const)
  const others = by === undefined ? {} : { actor: by }
  return [
    appendAudit({ ...common, actor, action: 'user.mfa_removed', target, outcome: 'success', reason: kind }),
    appendEvent({
      ...common,
      aggregateId: userId,
      event: { type: 'user.mfa_removed', payload: { userId, factorId: id, kind, ...others } },
    }),
    ...(by === undefined ? [queueMail(deps, { tenantId, template: 'factor_removed', userId, at })] : []),
  ]
}
