import { addPerson } from '@iam/testkit/world'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bearerOf, settle, type People, type Person } from '../support/administration.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

type Actor = keyof People | 'nobody' | 'suspended'
type Target = 'member' | 'admin' | 'owner'

interface Act {
  readonly send: [method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object]
  /** What the audit trail calls it. */
  readonly action: string
  /** Whom each actor may do it to, where that is not what the table below says of all acts. */
  readonly may?: Partial<Record<Actor, readonly Target[]>>
  /** What those who may are told, where nobody here has what it is about. */
  readonly code?: string
}

const anybody: readonly Target[] = ['member', 'admin', 'owner']

/** Who may act on whom: the whole of it. What is not here is refused. */
const usually: Partial<Record<Actor, readonly Target[]>> = {
  admin: ['member', 'admin'],
  owner: anybody,
  operator: anybody,
}
const reading = { admin: anybody, owner: anybody, operator: anybody }

/** Every act on a person. */
const acts: Record<string, Act> = {
  read: { send: ['GET', ''], action: 'user.read', may: reading },
  change: { send: ['PATCH', '', { locale: 'fr' }], action: 'user.changed' },
  suspend: { send: ['POST', '/suspend'], action: 'user.suspended' },
  reactivate: { send: ['POST', '/reactivate'], action: 'user.reactivated' },
  lock: { send: ['POST', '/lock'], action: 'user.locked' },
  unlock: { send: ['POST', '/unlock'], action: 'user.unlocked' },
  'mail a password reset': { send: ['POST', '/password-reset'], action: 'password.reset_requested' },
  'list sessions': { send: ['GET', '/sessions'], action: 'sessions.listed', may: reading },
  'list token reuses': { send: ['GET', '/token-reuses'], action: 'token_reuses.listed', may: reading },
  'list logins': { send: ['GET', '/logins'], action: 'logins.listed', may: reading },
  'end sessions': { send: ['DELETE', '/sessions'], action: 'sessions.ended' },
  'list factors': { send: ['GET', '/mfa-factors'], action: 'factors.listed', may: reading },
  'reset factors': { send: ['DELETE', '/mfa-factors'], action: 'user.factors_reset' },
  'list devices': { send: ['GET', '/devices'], action: 'devices.listed', may: reading },
  'revoke devices': { send: ['DELETE', '/devices'], action: 'devices.revoked' },
  'ask for an export': { send: ['POST', '/data-export'], action: 'dsar.requested' },
  'read a receipt': {
    send: ['GET', '/erasure-receipt'],
    action: 'dsar.receipt_read',
    may: reading,
    code: 'not_found',
  },
  'make an admin': { send: ['PUT', '/roles/tenant.admin'], action: 'user.role_granted' },
  'make an owner': {
    send: ['PUT', '/roles/tenant.owner'],
    action: 'user.role_granted',
    may: { owner: anybody, operator: anybody },
  },
  'make an operator': { send: ['PUT', '/roles/platform.operator'], action: 'user.role_granted', may: {} },
  'take admin': { send: ['DELETE', '/roles/tenant.admin'], action: 'user.role_revoked' },
  'take owner': { send: ['DELETE', '/roles/tenant.owner'], action: 'user.role_revoked' },
  erase: { send: ['DELETE', ''], action: 'user.erased' },
}

/** Every act on a tenant, with who may do it. */
const tenantActs: Record<string, Pick<Act, 'send' | 'action'> & { readonly may: readonly Actor[] }> = {
  'read the tenant': { send: ['GET', ''], action: 'tenant.read', may: ['admin', 'owner', 'operator'] },
  'list people': { send: ['GET', '/users'], action: 'users.listed', may: ['admin', 'owner', 'operator'] },
  invite: { send: ['POST', '/users', {}], action: 'user.invited', may: ['admin', 'owner', 'operator'] },
  'list audit events': {
    send: ['GET', '/audit-events'],
    action: 'audit_events.listed',
    may: ['admin', 'owner', 'operator'],
  },
  'read the policy': { send: ['GET', '/policy'], action: 'policy.read', may: ['admin', 'owner', 'operator'] },
  'change the policy': {
    send: ['PATCH', '/policy', { maxSessions: 9 }],
    action: 'policy.changed',
    may: ['admin', 'owner', 'operator'],
  },
  'try a policy': {
    send: ['POST', '/policy/what-if', { policy: { mfa: 'risk' } }],
    action: 'policy.tried',
    may: ['admin', 'owner', 'operator'],
  },
  'read the algorithms': {
    send: ['GET', '/token-algorithms'],
    action: 'algorithms.read',
    may: ['admin', 'owner', 'operator'],
  },
  'pin an algorithm': {
    send: ['PUT', '/token-algorithms', { client: 'first-party', alg: 'ES256' }],
    action: 'client.algorithm_pinned',
    may: ['admin', 'owner', 'operator'],
  },
  'reactivate the tenant': { send: ['POST', '/reactivate'], action: 'tenant.reactivated', may: ['operator'] },
}

/** Routes that are tried elsewhere, with what they are. */
const elsewhere: Readonly<Record<string, string>> = {
  'GET /tenants': 'has no tenant in its path: administration-roles.test.ts',
  'POST /tenants': 'has no tenant in its path: administration-roles.test.ts',
  'POST /tenants/{tenantId}/suspend': 'would shut everybody out here: administration-roles.test.ts',
  'DELETE /tenants/{tenantId}/users/{userId}/sessions/{sessionId}':
    'needs a session, and is otherwise like ending all: administration-people.test.ts',
  'DELETE /tenants/{tenantId}/users/{userId}/devices/{deviceId}':
    'needs a device, and is otherwise like revoking all: devices.test.ts',
}

function refusalOf(actor: Actor): { status: number; code: string } {
  switch (actor) {
    case 'nobody':
      return { status: 401, code: 'invalid_token' }
    case 'stranger':
    case 'clerk':
      return { status: 404, code: 'tenant_unknown' }
    default:
      return { status: 403, code: 'not_allowed' }
  }
}

describe('C218: who may do what to whom', () => {
  let open: TestApp
  let people: People
  const bearers = new Map<Actor, Record<string, string>>([['nobody', {}]])
  beforeAll(async () => {
    open = await openApp()
    people = await settle(open.world)
  })
  afterAll(() => open.close())

  let loggedInAt = Number.NEGATIVE_INFINITY
  // Most of this is for somebody who logged in less than five minutes ago, and there is a lot of it.
  beforeEach(async () => {
    if (performance.now() - loggedInAt < 120_000) return
    loggedInAt = performance.now()
    for (const [name, person] of Object.entries(people)) {
      bearers.set(name as Actor, await bearerOf(open, person))
    }
    // A token that outlives its owner's good standing, as it does until the session is seen to have ended.
    const suspended = await fresh('admin')
    bearers.set('suspended', await bearerOf(open, suspended))
    const { admin } = open.world
    await admin
      .updateTable('iam.user')
      .set({ status: 'suspended' })
      .where('id', '=', suspended.userId)
      .execute()
  })

  let count = 0
  const fresh = (role: Target): Promise<Person> =>
    addPerson(open.world, {
      tenantId: open.world.acme,
      email: `person${(count += 1)}@acme.example`,
      role: role === 'member' ? undefined : `tenant.${role}`,
    })

  const send = (actor: Actor, act: string, { tenantId, userId }: Pick<Person, 'tenantId' | 'userId'>) =>
    sendTo(actor, `/tenants/${tenantId}/users/${userId}`, acts[act]?.send ?? ['GET', ''])

  async function sendTo(actor: Actor, base: string, [method, path, body]: Act['send']) {
    const response = await open.app.inject({
      method,
      url: `/api/v1${base}${path}`,
      headers: bearers.get(actor) ?? {},
      ...(body === undefined ? {} : { payload: body }),
    })
    const { code } = response.body === '' ? {} : response.json<{ code?: string }>()
    return { status: response.statusCode, code }
  }

  /** Everything that a refused act must leave as it was. */
  async function everything() {
    const { admin } = open.world
    return [
      await admin.selectFrom('iam.user').selectAll().orderBy('id').execute(),
      await admin.selectFrom('iam.role_assignment').selectAll().orderBy('user_id').execute(),
      await admin.selectFrom('iam.credential').selectAll().orderBy('user_id').execute(),
      await admin.selectFrom('iam.session').selectAll().orderBy('id').execute(),
      await admin.selectFrom('iam.mail').selectAll().orderBy('id').execute(),
      await admin.selectFrom('iam.outbox').select('event_id').orderBy('event_id').execute(),
      await admin.selectFrom('iam.tenant').selectAll().orderBy('tenant_id').execute(),
      await admin.selectFrom('iam.directory').selectAll().orderBy('tenant_id').execute(),
    ]
  }

  const refusedAudit = () =>
    open.world.admin
      .selectFrom('iam.audit_event')
      .select(['tenant_id', 'action', 'reason', 'actor_id', 'target_id'])
      .where('outcome', '=', 'refused')
      .orderBy('xid')
      .execute()

  const actors: Actor[] = [
    'nobody',
    'suspended',
    'member',
    'admin',
    'owner',
    'operator',
    'pretender',
    'stranger',
    'clerk',
  ]
  const cells = Object.keys(acts).flatMap((act) => actors.map((actor) => [actor, act] as const))

  test.each(cells)('%s: %s', async (actor, act) => {
    for (const target of ['member', 'admin', 'owner'] as const) {
      const person = await fresh(target)
      const may = (acts[act]?.may ?? usually)[actor]?.includes(target) === true
      const [before, audited] = [await everything(), (await refusedAudit()).length]
      const answer = await send(actor, act, person)
      if (may) {
        const code = acts[act]?.code
        const digit = code === undefined ? 2 : 4
        expect([target, Math.floor(answer.status / 100), answer.code]).toEqual([target, digit, code])
        continue
      }
      expect([target, answer]).toEqual([target, refusalOf(actor)])
      expect(await everything()).toEqual(before)
      if (actor === 'nobody') continue
      const row = { action: acts[act]?.action, reason: answer.code }
      const here = { ...row, tenant_id: open.world.acme, target_id: person.userId }
      const there = { ...row, target_id: open.world.acme }
      const rows = (await refusedAudit()).slice(audited).map(({ actor_id: _id, ...rest }) => rest)
      if (actor === 'operator')
        expect(rows).toEqual([here, { ...there, tenant_id: people.operator.tenantId }])
      else if (actor in people && people[actor as keyof People].tenantId !== open.world.acme)
        expect(rows).toEqual([{ ...there, tenant_id: people[actor as keyof People].tenantId }])
      else expect(rows).toEqual([here])
    }
  })

  const tenantCells = Object.keys(tenantActs).flatMap((act) => actors.map((actor) => [actor, act] as const))

  test.each(tenantCells)('%s: %s', async (actor, act) => {
    const { send: sent, may, action } = tenantActs[act] ?? { send: ['GET', ''], may: [], action: '' }
    const [method, path] = sent
    const body = act === 'invite' ? { email: `by-${actor}@acme.example` } : sent[2]
    const [before, audited] = [await everything(), (await refusedAudit()).length]
    const base = `/tenants/${open.world.acme}`
    const answer = await sendTo(actor, base, body === undefined ? [method, path] : [method, path, body])
    if (may.includes(actor)) {
      expect([Math.floor(answer.status / 100), answer.code]).toEqual([2, undefined])
      return
    }
    expect(answer).toEqual(refusalOf(actor))
    expect(await everything()).toEqual(before)
    const rows = (await refusedAudit()).slice(audited).map((row) => [row.action, row.reason])
    expect(rows).toEqual(actor === 'nobody' ? [] : [[action, answer.code]])
  })

  test('C217, C218: no administrative route is missing here', async () => {
    const { paths } = (await open.app.inject({ url: '/api/v1/openapi.json' })).json<{
      paths: Record<string, Record<string, unknown>>
    }>()
    const routes = Object.entries(paths)
      .filter(([path]) => path.startsWith('/api/v1/tenants'))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.slice('/api/v1'.length)}`),
      )
    const tried = (base: string, all: Record<string, Pick<Act, 'send'>>) =>
      Object.values(all).map(
        ({ send: [method, path] }) => `${method} ${base}${path.replace(/(?<=roles\/).+/, '{role}')}`,
      )
    const known = new Set([
      ...tried('/tenants/{tenantId}/users/{userId}', acts),
      ...tried('/tenants/{tenantId}', tenantActs),
      ...Object.keys(elsewhere),
    ])
    expect(routes.filter((route) => !known.has(route))).toEqual([])
    expect([...known].filter((route) => !routes.includes(route))).toEqual([])
  })

  test.each(Object.keys(acts))(
    'C217: %s: the id of somebody of another tenant is nobody here',
    async (act) => {
      const nobody = { tenantId: open.world.acme, userId: 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ' as const }
      const foreign = { tenantId: open.world.acme, userId: people.stranger.userId }
      for (const actor of ['owner', 'operator'] as const) {
        const before = await everything()
        expect(await send(actor, act, foreign)).toEqual({ status: 404, code: 'not_found' })
        expect(await send(actor, act, nobody)).toEqual({ status: 404, code: 'not_found' })
        expect(await everything()).toEqual(before)
      }
    },
  )

  test('C217: a tenant that is not there answers like one that is another’s', async () => {
    const nowhere = { tenantId: 'ten_01BX5ZZKBKACTAV9WEVGEMMVRZ' as const, userId: people.member.userId }
    for (const actor of ['stranger', 'owner', 'operator'] as const) {
      expect(await send(actor, 'suspend', nowhere)).toEqual({ status: 404, code: 'tenant_unknown' })
    }
  })
})
