import { run, streamKey, type Executor } from '../db/index.ts'
import { newId, Refusal } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { insertRole, type Role } from '../role/index.ts'
import { insertUser, insertUserKey, newUserKey, normaliseEmail, type User } from '../user/index.ts'
import { administer, type Acting, type AdministrationDeps, type AdministrativeCall } from './administer.ts'
import { recordRole, requireGrantable } from './change-roles.ts'
import { viewUsers, type UserView } from './view-user.ts'

export type InviteUser = AdministrativeCall & {
  readonly email: string
  readonly locale: string
  readonly roles: readonly Role[]
}

/**
 * Makes an account for somebody, who chooses its password by the link that is mailed to them: no administrator ever
 * knows one (ASVS 6.4.6). Where nobody has a password, the mail says where to sign in. The tenant's allowed domains do not bind who is invited.
 * @throws Refusal `address_taken`, `not_allowed` for a role above that of whoever asks, and what `administer` refuses.
 */
export async function inviteUser(deps: AdministrationDeps, call: InviteUser): Promise<UserView> {
  const { tenantId, locale } = call
  const id = newId('usr', deps.clock())
  const act = {
    action: 'user.invited',
    target: { type: 'user', id },
    role: 'tenant.admin',
    asksForRecentLogin: call.roles.length > 0,
    streams: [streamKey(tenantId, id)],
  } as const
  return administer(deps, call, act, async (acting) => {
    const { tx, administrator, at } = acting
    for (const role of call.roles) requireGrantable(administrator, tenantId, role)
    const user: User = {
      roles: [],
      id,
      tenantId,
      email: normaliseEmail(call.email),
      status: 'active',
      locale,
      createdAt: at,
      emailVerifiedAt: null,
    }
    if (!(await insertUser(tx, user))) throw new Refusal('address_taken')
    await insertUserKey(tx, user, newUserKey(deps.secrets.of('data'), id, at))
    await recordInvited(deps, acting, { user, call })
    return { answer: await viewOne(tx, user), subjectId: id }
  })
}

async function recordInvited(
  deps: AdministrationDeps,
  { tx, administrator, at }: Acting,
  { user, call }: { readonly user: User; readonly call: InviteUser },
): Promise<void> {
  const { id: userId, tenantId } = user
  const { origin } = call
  const actor = { type: administrator.type, id: administrator.id }
  const event = { type: 'user.registered', payload: { userId, actor } } as const
  await run(tx, appendEvent({ tenantId, at, origin, aggregateId: userId, event }))
  for (const role of new Set(call.roles)) {
    await insertRole(tx, { tenantId, userId, role, by: administrator.id, at })
    await run(tx, recordRole('user.role_granted', { ...call, userId, role }, { administrator, at }))
  }
  await run(tx, queueMail(deps, { tenantId, template: 'invitation', userId, at }))
}

async function viewOne(tx: Executor, user: User): Promise<UserView> {
  const [view] = await viewUsers(tx, [user])
  if (view === undefined) throw new Error('There is no view of somebody who was just added.')
  return view
}
