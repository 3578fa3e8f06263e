import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { forgetFailures } from './queries.ts'

export interface EnablePassword {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly reason: 'password_reset' | 'administrator'
  readonly actor: { readonly type: 'user' | 'operator'; readonly id: string }
  readonly at: Date
  readonly origin: RequestOrigin
}

/**
 * Forgets a person's failures, and records it where they had disabled the password. To be run in the transaction of
 * what allows it, with the person's stream in its scope. @returns whether the password had been disabled.
 */
export async function enablePassword(tx: Executor, input: EnablePassword): Promise<boolean> {
  const { tenantId, userId, reason, actor, at, origin } = input
  const [was] = await run(tx, forgetFailures(tenantId, userId))
  if (was === undefined || was.disabledAt === null) return false
  const common = { tenantId, at, origin }
  const target = { type: 'user', id: userId }
  const others = actor.id === userId ? {} : { actor }
  await run(
    tx,
    appendAudit({ ...common, actor, action: 'user.unlocked', target, outcome: 'success', reason }),
  )
  const event = { type: 'user.unlocked', payload: { userId, reason, ...others } } as const
  await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
  return true
}
