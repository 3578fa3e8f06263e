import { appendAudit } from '../audit/index.ts'
import { credentialOf } from '../credential/index.ts'
import { inOneFlight, inTenant, run, type Executor } from '../db/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { consumeOneTimeCode, voidOneTimeCodes, type OneTimeCode } from '../one-time-code/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { unseal } from '../secret-key/index.ts'
import {
  burySessions,
  endSessionsOf,
  requireSteppedUpSince,
  scopeOfSessions,
  type EndedSession,
} from '../session/index.ts'
import {
  findTenantPolicy,
  readTenantPolicy,
  requireAllowedDomain,
  requirePasswordLogin,
  tenantPolicyOf,
} from '../tenant/index.ts'
import { findUser, normaliseEmail, replaceEmail, stepUpSinceOf } from '../user/index.ts'
import { requirePassword } from './change-password.ts'
import type { AccountDeps } from './deps.ts'
import { lockUndone } from './lock-undone.ts'
import { readLink, refuseCode, usableCodeOf } from './use-code.ts'

export interface RequestEmailChange {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** When whoever asks proved who they are, in seconds since the epoch. */
  readonly authTime: number
  /** The address to change to. */
  readonly email: string
  readonly password: string
  readonly origin: RequestOrigin
}

/**
 * Has a new address confirmed by a mail to it; nothing changes until then. Whether somebody has that address
 * already, its owner learns by that mail, and who asks does not.
 * @throws Refusal `reauthentication_required` for a session of before a theft, `password_login_off` where an identity provider says what addresses are, `domain_not_allowed`,
 *   `invalid_credentials` for a wrong password.
 */
export async function requestEmailChange(deps: AccountDeps, input: RequestEmailChange): Promise<void> {
  const { tenantId, userId, origin } = input
  const email = normaliseEmail(input.email)
  const [[stored], [tenant], [person]] = await inOneFlight(deps.db, { tenantId }, [
    credentialOf(tenantId, userId),
    tenantPolicyOf(tenantId),
    stepUpSinceOf(tenantId, userId),
  ])
  requireSteppedUpSince(deps, input, person)
  const policy = readTenantPolicy(tenant?.policy)
  requirePasswordLogin(policy)
  requireAllowedDomain(email, policy)
  await requirePassword(deps, { ...input, stored })
  const at = deps.clock()
  await inOneFlight(deps.db, { tenantId }, [
    appendAudit({
      tenantId,
      at,
      actor: { type: 'user', id: userId },
      action: 'user.email_change_requested',
      target: { type: 'user', id: userId },
      outcome: 'success',
      origin,
    }),
    queueMail(deps, { tenantId, template: 'change_email', userId, address: email, at }),
  ])
}

type ByLink = { readonly tenantId: Id<'ten'>; readonly token: string; readonly origin: RequestOrigin }

/**
 * Changes the address to the one that the link was mailed to. The old address is told, with a link to undo it.
 * @throws Refusal `code_invalid`, also when the address has become somebody else's, or the account is held back;
 *   `domain_not_allowed`.
 */
export async function confirmEmailChange(deps: AccountDeps, input: ByLink): Promise<void> {
  await change(deps, input, 'change_email')
}

/**
 * Changes the address back to the one that the link was mailed to, and ends every session: somebody else may
 * have been at work. The account is locked until the password is reset by mail.
 * @throws Refusal `code_invalid`.
 */
export async function undoEmailChange(deps: AccountDeps, input: ByLink): Promise<void> {
  await change(deps, input, 'undo_email_change')
}

const uniqueViolation = '23505'

async function change(
  deps: AccountDeps,
  input: ByLink,
  purpose: 'change_email' | 'undo_email_change',
): Promise<void> {
  const { tenantId, origin } = input
  const link = readLink(deps, purpose, input)
  const usable = await usableCodeOf(deps, link)
  const { userId } = usable
  const at = deps.clock()
  const ended = await inTenant(deps.db, scopeOfSessions({ tenantId, userId, at }), async (tx) => {
    if (purpose === 'change_email') await requireStillAllowed(deps, tx, { tenantId, code: usable })
    const code = await consumeOneTimeCode(tx, { ...link, now: at })
    return code === undefined ? undefined : apply(deps, tx, { tenantId, code, purpose, origin })
  }).catch(unlessTakenMeanwhile)
  if (ended === undefined) return refuseCode(deps, { tenantId, purpose, userId, origin })
  await burySessions(deps, tenantId, ended)
}

/** Of two people who take one address at once, the database lets one. */
function unlessTakenMeanwhile(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== uniqueViolation) throw error
}

/** The tenant may have decided otherwise since the mail. The way back to an address that was somebody's stays open. */
async function requireStillAllowed(
  deps: AccountDeps,
  tx: Executor,
  { tenantId, code }: Pick<Apply, 'tenantId' | 'code'>,
): Promise<void> {
  const policy = await findTenantPolicy(tx, tenantId)
  const email = subjectOf(deps, code)
  if (policy !== undefined && email !== undefined) requireAllowedDomain(email, policy)
}

type Apply = {
  readonly tenantId: Id<'ten'>
  readonly code: OneTimeCode
  readonly purpose: 'change_email' | 'undo_email_change'
  readonly origin: RequestOrigin
}

/** @returns the sessions that this ended; undefined, with nothing changed but the code, when it cannot be done. */
async function apply(
  deps: AccountDeps,
  tx: Executor,
  { tenantId, code, purpose, origin }: Apply,
): Promise<EndedSession[] | undefined> {
  const at = deps.clock()
  const { userId } = code
  const undone = purpose === 'undo_email_change'
  const user = await findUser(tx, tenantId, userId)
  const email = subjectOf(deps, code)
  if (user === undefined || email === undefined || user.status === 'erased') return undefined
  // A locked account is opened by its mailbox: no other one may become that meanwhile.
  if (!undone && user.status !== 'active') return undefined
  if (!(await replaceEmail(tx, { tenantId, userId, at }, email))) return undefined
  await voidOneTimeCodes(tx, {
    tenantId,
    userId,
    purposes: ['verify_email', 'reset_password', 'change_email'],
    createdAt: at,
  })
  // Later changes were perhaps somebody else's, and are undone with this one: their way back leads there again.
  if (undone) {
    const later = { purposes: ['undo_email_change'], after: code.id, createdAt: at } as const
    await voidOneTimeCodes(tx, { tenantId, userId, ...later })
  }
  const actor = { type: 'user', id: userId } as const
  const common = { tenantId, at, origin }
  const action = undone ? 'user.email_change_undone' : 'user.email_changed'
  const target = { type: 'user', id: userId }
  await run(tx, appendAudit({ ...common, actor, action, target, outcome: 'success' }))
  const event = { type: 'user.email_changed', payload: { userId, undone } } as const
  await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
  if (undone) {
    await lockUndone(tx, { user, at, origin })
    return endSessionsOf(tx, { ...common, userId, actor, reason: 'email_changed' })
  }
  await run(tx, queueMail(deps, { tenantId, template: 'email_changed', userId, address: user.email, at }))
  return []
}

/** The address that a code is about. */
function subjectOf({ secrets }: AccountDeps, code: OneTimeCode): string | undefined {
  if (code.sealedSubject === undefined) return undefined
  const { dataKeyVersion, sealed } = code.sealedSubject
  const key = secrets.of('data').byVersion(dataKeyVersion)
  if (key === undefined) throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
  return unseal(key, sealed, code.id).toString()
}
