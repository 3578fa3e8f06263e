import { forgetBreaches } from '../breach-audit/index.ts'
import { forgetChallenges } from '../challenge/index.ts'
import { deleteCredentials } from '../credential/index.ts'
import { run, type Executor } from '../db/index.ts'
import { forgetExports, personOf, recordErasure, type AskedErasure } from '../data-request/index.ts'
import { forgetDevices } from '../device/index.ts'
import { forgetFactors } from '../factor/index.ts'
import { forgetAnswers } from '../idempotency-key/index.ts'
import type { Id } from '../kit/index.ts'
import { deleteAttempts } from '../login-attempt/index.ts'
import { forgetMagicLinks } from '../magic-link/index.ts'
import { forgetMemberships } from '../membership/index.ts'
import { forgetMails } from '../mail/index.ts'
import { forgetCodes } from '../one-time-code/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { forgetLogins } from '../risk/index.ts'
import { forgetRoles } from '../role/index.ts'
import { forgetPasskeys } from '../passkey/index.ts'
import { tracesOf } from '../personal-data/index.ts'
import { endSessionsOf, forgetSessions } from '../session/index.ts'
import { forgetUser, type User } from '../user/index.ts'
import { administer, type Acting, type AdministrationDeps } from './administer.ts'
import { requireActableUser, requireSuccessor, roleLock, type UserCall } from './administer-user.ts'

/**
 * Destroys what is known of a person, for good. Every session ends; address, password, roles, codes and waiting
 * mails are deleted; the key is deleted under which audit holds personal values. What remains is the id, as a
 * pseudonym in audit and events. Somebody who registers with the same address is somebody new.
 * @throws Refusal what `administerUser` refuses, and `not_allowed` for the last owner or operator.
 */
export async function eraseUser(deps: AdministrationDeps, call: UserCall): Promise<void> {
  const { tenantId, userId, origin } = call
  const act = {
    action: 'user.erased',
    target: { type: 'user', id: userId },
    role: 'tenant.admin',
    asksForRecentLogin: true,
    streams: [roleLock(tenantId)],
    endsSessionsOf: userId,
  } as const
  await administer(deps, call, act, async (acting) => {
    const { tx, administrator, at } = acting
    const { user, roles } = await requireActableUser(acting, call)
    await requireSuccessor({ tx, user }, roles)
    const actor = { type: administrator.type, id: administrator.id }
    const common = { tenantId, at, origin }
    const ended = await endSessionsOf(tx, { ...common, userId, actor, reason: 'user_erased' })
    const askedBy = administrator.type === 'operator' ? 'operator' : 'administrator'
    await forgetPerson(deps, tx, { user, at, asked: { askedBy, actor, origin } })
    const event = { type: 'user.erased', payload: { userId, actor } } as const
    await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
    return { answer: null, ended }
  })
}

/**
 * Forgets a person, inside the transaction that says so. Each noun forgets its own; the registry of personal data then
 * says whether anything was left, and the receipt what there had been.
 * @throws when something was left: then nothing was forgotten.
 */
export async function forgetPerson(
  deps: Pick<AdministrationDeps, 'secrets'>,
  tx: Executor,
  { user, at, asked }: { readonly user: User; readonly at: Acting['at']; readonly asked: AskedErasure },
): Promise<void> {
  const person: { tenantId: Id<'ten'>; userId: Id<'usr'> } = { tenantId: user.tenantId, userId: user.id }
  const whole = personOf(deps, user)
  const before = await tracesOf(tx, whole)
  for (const statement of [...deleteCredentials(person), ...deleteAttempts(person)]) await run(tx, statement)
  await forgetBreaches(tx, person)
  await forgetRoles(tx, person)
  await forgetMemberships(tx, person)
  await forgetChallenges(tx, person)
  await forgetFactors(tx, person)
  await forgetPasskeys(tx, person)
  await forgetCodes(tx, person)
  await forgetMagicLinks(deps, tx, { ...person, email: user.email })
  await forgetMails(deps, tx, { ...person, email: user.email })
  await forgetSessions(tx, person)
  await forgetDevices(tx, person)
  await forgetLogins(tx, person)
  await forgetAnswers(tx, person)
  await forgetExports(tx, { ...person, at })
  await forgetUser(tx, { ...person, at })
  await recordErasure(tx, { person: whole, at, before, asked })
}
