import { appendAudit } from '../audit/index.ts'
import { markExposed } from '../credential/index.ts'
import { inTenant, run, streamKey, type Db } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { findUser } from '../user/index.ts'
import { insertFound, insertLook, type KeptBreach } from './queries.ts'

/** A breach of another service that an address is in. */
export interface FoundBreach extends KeptBreach {
  /** When it became known. */
  readonly addedAt: Date
}

export interface NoteLook {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
}

interface Look {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** The address that was looked for. */
  readonly address: string
  readonly found: readonly FoundBreach[]
}

/**
 * Notes that somebody's address was looked for and what was found. What was not known before is told by mail, audit
 * and `user.breach_found`, and a password from before such a breach counts as risk at logins, all in one transaction:
 * cut off before, the address is looked for again; after, nothing is told twice. Of whoever has another address by
 * now, or is no longer active, nothing is noted.
 * @returns how many breaches were not known before.
 */
export async function noteLook(deps: NoteLook, look: Look): Promise<number> {
  const { tenantId, userId, address, found } = look
  const at = deps.clock()
  return inTenant(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, async (tx) => {
    const user = await findUser(tx, tenantId, userId)
    if (user?.status !== 'active' || user.email !== address) return 0
    await insertLook(tx, look, at)
    if (found.length === 0) return 0
    const names = await insertFound(tx, look, { breaches: found, at })
    const unknown = found.filter(({ name }) => names.includes(name))
    if (unknown.length === 0) return 0
    for (const statement of consequences(deps, look, { unknown, at })) await run(tx, statement)
    return unknown.length
  })
}

function consequences(
  deps: NoteLook,
  { tenantId, userId }: Look,
  { unknown, at }: { readonly unknown: readonly FoundBreach[]; readonly at: Date },
) {
  const known = unknown.flatMap(({ hasPasswords, addedAt }) => (hasPasswords ? [addedAt.getTime()] : []))
  const breaches = unknown.length
  const payload = { userId, breaches, hasPasswords: known.length > 0 }
  const event = { type: 'user.breach_found', payload } as const
  const common = { tenantId, at }
  return [
    ...(known.length === 0
      ? []
      : [markExposed({ ...common, userId, knownSince: new Date(Math.max(...known)) })]),
    appendAudit({
      ...common,
      actor: { type: 'system' },
      action: 'user.breach_found',
      target: { type: 'user', id: userId },
      outcome: 'success',
      reason: `${breaches} breaches`,
    }),
    appendEvent({ ...common, aggregateId: userId, event }),
    queueMail(deps, { ...common, template: 'breach_found', userId, params: { foundAt: at.toISOString() } }),
  ]
}
