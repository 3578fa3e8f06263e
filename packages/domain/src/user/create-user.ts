import { appendAudit } from '../audit/index.ts'
import { insertCredential, type NewPassword } from '../credential/index.ts'
import { inTenant, run, streamKey, type Db } from '../db/index.ts'
import { newId, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { insertRole, type Role } from '../role/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { newUserKey } from './personal.ts'
import { insertUser, insertUserKey, type NewUser } from './queries.ts'

export interface CreateUser {
  readonly tenantId: Id<'ten'>
  /** Normalised. */
  readonly email: string
  readonly password: NewPassword
  /** The language to write to them in; English by default. */
  readonly locale?: string
  /** True for somebody whose address was confirmed before they came here. */
  readonly emailVerified?: boolean
  /** What the audit trail calls it. */
  readonly action?: 'user.registered' | 'user.imported'
  readonly role?: Role | undefined
  readonly origin?: RequestOrigin
}

/**
 * Adds a user with a password that was hashed before, in one transaction with the key for their personal
 * values, audit and event. @returns the user's id, or undefined, with nothing changed, when the address is taken.
 */
export async function createUser(
  deps: { db: Db; clock: Clock; secrets: SecretRings },
  input: CreateUser,
): Promise<Id<'usr'> | undefined> {
  const now = deps.clock()
  const user: NewUser = {
    id: newId('usr', now),
    tenantId: input.tenantId,
    email: input.email,
    status: 'active',
    locale: input.locale ?? 'en',
    createdAt: now,
    emailVerifiedAt: input.emailVerified === true ? now : null,
  }
  const scope = { tenantId: user.tenantId, streams: [streamKey(user.tenantId, user.id)] }
  return inTenant(deps.db, scope, async (tx) => {
    if (!(await insertUser(tx, user))) return undefined
    await insertUserKey(tx, user, newUserKey(deps.secrets.of('data'), user.id, now))
    await insertCredential(tx, { tenantId: user.tenantId, userId: user.id, password: input.password }, now)
    const { tenantId, id: userId } = user
    if (input.role !== undefined)
      await insertRole(tx, { tenantId, userId, role: input.role, by: 'bootstrap', at: now })
    for (const statement of recordRegistered(user, input)) await run(tx, statement)
    return user.id
  })
}

function recordRegistered(user: NewUser, { origin, action = 'user.registered' }: CreateUser) {
  const { tenantId, id, createdAt: at } = user
  const from = origin === undefined ? {} : { origin }
  return [
    appendAudit({
      tenantId,
      at,
      actor: { type: origin === undefined ? 'system' : 'anonymous' },
      action,
      target: { type: 'user', id },
      outcome: 'success',
      ...from,
    }),
    appendEvent({
      tenantId,
      aggregateId: id,
      at,
      event: { type: 'user.registered', payload: { userId: id } },
      ...from,
    }),
  ]
}
