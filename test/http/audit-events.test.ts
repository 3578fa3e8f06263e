import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Office } from '../support/administration.ts'

interface Listed {
  readonly id: string
  readonly at: string
  readonly actor: { readonly type: string; readonly id: string | null }
  readonly action: string
  readonly target: { readonly type: string; readonly id: string | null }
  readonly outcome: string
  readonly personal: Readonly<Record<string, string>> | null
}

describe('GET /tenants/:tenantId/audit-events', () => {
  let office: Office
  let path: string
  beforeAll(async () => {
    office = await openOffice()
    path = `/tenants/${office.people.admin.tenantId}/audit-events`
  })
  afterAll(() => office.open.close())

  const list = async (query = '', who: 'admin' | 'operator' = 'admin') => {
    const { status, body } = await office.ask(who, ['GET', `${path}${query}`])
    return { status, ...(body as unknown as { items: Listed[]; nextCursor?: string; code?: string }) }
  }

  test('lists what happened, the newest first, page by page, each once', async () => {
    const person = await office.fresh()
    for (let n = 0; n < 3; n += 1) await office.logIn(person)
    const query = `?actor=${person.userId}&limit=2`
    const ids: string[] = []
    const times: string[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: Awaited<ReturnType<typeof list>> = await list(`${query}${cursor && `&cursor=${cursor}`}`)
      expect(page.status).toBe(200)
      expect(page.items.every(({ actor }) => actor.id === person.userId)).toBe(true)
      ids.push(...page.items.map(({ id }) => id))
      times.push(...page.items.map(({ at }) => at))
      cursor = page.nextCursor
    }
    expect(ids.length).toBeGreaterThanOrEqual(3)
    expect(new Set(ids).size).toBe(ids.length)
    expect(times).toEqual(times.toSorted().toReversed())
  })

  test('finds by what was done, to what, how it ended and when', async () => {
    const person = await office.fresh()
    await office.logIn(person)
    await office.logIn(person, 'wrong')
    const failed = await list(`?action=user.login_failed&target=${person.userId}&outcome=refused`)
    expect(failed.items.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['user.login_failed', 'refused'],
    ])
    const [one] = failed.items
    const until = await list(`?target=${person.userId}&action=user.login_failed&to=${one?.at ?? ''}`)
    const since = await list(`?target=${person.userId}&action=user.login_failed&from=${one?.at ?? ''}`)
    expect([until.items.length, since.items.length]).toEqual([0, 1])
  })

  test('C257: tells where a login came from, and no more once the person is erased', async () => {
    const person = await office.fresh()
    await office.logIn(person)
    const look = async () => (await list(`?actor=${person.userId}&action=user.login_succeeded`)).items[0]
    expect((await look())?.personal).toMatchObject({ network: expect.any(String) as string })
    const erased = await office.ask('owner', ['DELETE', office.users(`/${person.userId}`)])
    expect(erased.status).toBe(204)
    expect(await look()).toMatchObject({ actor: { id: person.userId }, personal: null })
  })

  test('C259: shows nobody another tenant’s events, whatever they ask for', async () => {
    const { items } = await list('?limit=100')
    const all = await office.world.admin
      .selectFrom('iam.audit_event')
      .select('id')
      .where('tenant_id', '<>', office.people.admin.tenantId)
      .execute()
    const others = new Set(all.map(({ id }) => id))
    expect(others.size).toBeGreaterThan(0)
    expect(items.filter(({ id }) => others.has(id))).toEqual([])
    const elsewhere = await office.ask('admin', ['GET', `/tenants/${office.world.globex}/audit-events`])
    expect(elsewhere.status).not.toBe(200)
  })

  test('what an operator reads is audited, in both tenants', async () => {
    await list('', 'operator')
    const { userId, tenantId } = office.people.operator
    const rows = await office.world.admin
      .selectFrom('iam.audit_event')
      .select(['tenant_id', 'actor_id'])
      .where('action', '=', 'audit_events.listed')
      .where('actor_id', '=', userId)
      .execute()
    expect(new Set(rows.map((row) => row.tenant_id))).toEqual(
      new Set([tenantId, office.people.admin.tenantId]),
    )
  })

  test('refuses a cursor of another list', async () => {
    await office.logIn(await office.fresh())
    const { nextCursor } = await list('?limit=1')
    expect(await list(`?limit=1&action=user.read&cursor=${nextCursor ?? ''}`)).toMatchObject({
      status: 400,
      code: 'invalid_request',
    })
  })
})
