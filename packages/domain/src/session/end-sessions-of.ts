import { appendAudit } from '../audit/index.ts'
import { run, streamKey, type Executor, type Scope } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { appendEvent, type PayloadOf } from '../outbox/index.ts'
import { endTrust } from '../user/index.ts'
import { lockSessionsOf } from './live-queries.ts'
import { markSessionEnded, sessionWithGrants } from './queries.ts'
import type { SessionCache } from './session-cache.ts'

export interface EndSessionsOf {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** The one that goes on, if any: that of whoever asks. */
  readonly except?: string | undefined
  /** The only one that ends, if not all. */
  readonly only?: string | undefined
  readonly actor: { readonly type: 'user' | 'operator' | 'system' | 'anonymous'; readonly id?: string }
  readonly reason: PayloadOf<'session.revoked'>['reason']
  readonly at: Date
  readonly origin?: Pick<RequestOrigin, 'requestId' | 'traceparent'>
}

/** A session that was ended, with the grants whose cache entries are to be buried once that is committed. */
export interface EndedSession {
  readonly sessionId: string
  readonly grantIds: readonly string[]
}

/**
 * The scope of a transaction that ends a person's sessions, whatever else it writes before: first the person's stream
 * is locked, and whatever others are named, then those of their sessions.
 */
export function scopeOfSessions(
  { tenantId, userId, at }: Pick<EndSessionsOf, 'tenantId' | 'userId' | 'at'>,
  others: readonly string[] = [],
): Scope {
  return {
    tenantId,
    streams: [streamKey(tenantId, userId), ...others],
    furtherStreams: lockSessionsOf({ tenantId, userId, at }),
  }
}

/**
 * Ends a person's sessions inside a transaction whose scope is `scopeOfSessions`: no login can open another one
 * meanwhile, and what each session's stream tells keeps its order. Audit and event of each are part of it. Afterwards
 * call `burySessions`.
 *
 * Unless it is about one session alone, trust in browsers ends too, that of the one that goes on included: whoever
 * throws others out wants none of their browsers to need the password alone (C193).
 */
export async function endSessionsOf(tx: Executor, input: EndSessionsOf): Promise<EndedSession[]> {
  if (input.only === undefined) await run(tx, endTrust(input))
  const sessions = await run(tx, lockSessionsOf(input))
  const ended: EndedSession[] = []
  for (const { id: sessionId } of sessions) {
    const session = await sessionWithGrants(tx, input.tenantId, sessionId)
    if (session === undefined || !(await markSessionEnded(tx, { ...input, sessionId }))) continue
    await recordEnded(tx, { ...input, sessionId })
    ended.push({ sessionId, grantIds: session.grantIds })
  }
  return ended
}

/** Audit and event of a session's end. */
export async function recordEnded(
  tx: Executor,
  { tenantId, userId, sessionId, actor, reason, at, origin }: EndSessionsOf & { readonly sessionId: string },
): Promise<void> {
  const common = { tenantId, at, ...(origin === undefined ? {} : { origin }) }
  const target = { type: 'session', id: sessionId }
  const event = { type: 'session.revoked', payload: { sessionId, userId, reason } } as const
  await run(
    tx,
    appendAudit({ ...common, actor, action: 'session.revoked', target, outcome: 'success', reason }),
  )
  await run(tx, appendEvent({ ...common, aggregateId: sessionId, event }))
}

/** Puts tombstones where ended sessions stand in the cache. */
export async function burySessions(
  { sessionCache }: { readonly sessionCache: SessionCache },
  tenantId: string,
  ended: readonly EndedSession[],
): Promise<void> {
  const grantIds = ended.flatMap((session) => session.grantIds)
  await Promise.all(grantIds.map((grantId) => sessionCache.bury(tenantId, grantId)))
}
