import { openWorld, type World } from '@iam/testkit/world'
import { openPostgres } from '@iam/platform/postgres'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Database, inOneFlight, inTenant, requireRestrictedLogin, type Executor } from './index.ts'

describe('the database seams', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  const users = async (tenantId: string) =>
    inTenant(world.db, { tenantId }, (tx) => tx.selectFrom('iam.user').select('email').execute())

  const suspend = (email: string) => ({
    sql: "update iam.user set status = 'suspended' where email = $1 returning email",
    parameters: [email],
  })

  test('inTenant sees one tenant, commits what returns and undoes what throws', async () => {
    expect(await users(world.acme)).toEqual([{ email: 'ada@acme.example' }])
    const failing = inTenant(world.db, { tenantId: world.acme }, async (tx) => {
      await tx.updateTable('iam.user').set({ locale: 'fr' }).execute()
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    const [user] = await world.admin
      .selectFrom('iam.user')
      .select('locale')
      .where('email', '=', 'ada@acme.example')
      .execute()
    expect(user).toEqual({ locale: 'en' })
  })

  test('inTenant refuses queries on a transaction that has ended', async () => {
    let escaped: Executor | undefined
    await inTenant(world.db, { tenantId: world.acme }, async (tx) => {
      escaped = tx
    })
    await expect(escaped?.selectFrom('iam.user').select('id').execute()).rejects.toThrow('has ended')
  })

  test('a flight answers each statement, in one wait', async () => {
    const waits = world.waits.count
    const [first, second] = await inOneFlight(world.db, { tenantId: world.acme }, [
      { sql: 'select 1 as one', parameters: [] },
      { sql: 'select email from iam.user', parameters: [] },
    ])
    expect([first, second]).toEqual([[{ one: 1 }], [{ email: 'ada@acme.example' }]])
    expect(world.waits.count - waits).toBe(1)
  })

  test('a flight undoes everything when one statement fails, and its connection is good again', async () => {
    const failing = inOneFlight(world.db, { tenantId: world.acme }, [
      suspend('ada@acme.example'),
      { sql: 'select 1 / 0', parameters: [] },
      suspend('ada@acme.example'),
    ])
    await expect(failing).rejects.toMatchObject({ code: '22012' })
    expect(
      await world.admin.selectFrom('iam.user').select('status').where('status', '=', 'suspended').execute(),
    ).toEqual([])
    expect(await users(world.acme)).toHaveLength(1)
  })

  test('a flight whose connection is cut rejects, and the pool goes on', async () => {
    const cut = inOneFlight(world.db, { tenantId: world.acme }, [
      suspend('ada@acme.example'),
      { sql: 'select pg_terminate_backend(pg_backend_pid())', parameters: [] },
    ])
    await expect(cut).rejects.toThrow(/terminat|reset|closed/i)
    expect(
      await world.admin.selectFrom('iam.user').select('status').where('status', '=', 'suspended').execute(),
    ).toEqual([])
    expect(await users(world.acme)).toHaveLength(1)
  })

  test('tells the relay after a transaction with streams, and not after one without or one that failed', async () => {
    const nudges = async (work: Promise<unknown>) => {
      const before = world.commits.count
      await work.catch(() => undefined)
      return world.commits.count - before
    }
    const nothing = { sql: 'select 1', parameters: [] }
    const bad = { sql: 'select 1 / 0', parameters: [] }
    const scope = { tenantId: world.acme, streams: ['a', 'b', 'a'] }
    expect(await nudges(inOneFlight(world.db, scope, [nothing]))).toBe(1)
    expect(await nudges(inOneFlight(world.db, scope, [bad]))).toBe(0)
    expect(await nudges(inOneFlight(world.db, { tenantId: world.acme }, [nothing]))).toBe(0)
    expect(await nudges(inTenant(world.db, scope, async () => undefined))).toBe(1)
  })

  test('C223: refuses to work as the owner or a superuser', async () => {
    await expect(requireRestrictedLogin(world.db.kysely)).resolves.toBeUndefined()
    await expect(requireRestrictedLogin(world.admin)).rejects.toThrow('not bound by row-level security')
    const owner = openPostgres<Database>({ url: world.database.urlFor('iam_owner'), poolSize: 1 })
    await expect(requireRestrictedLogin(owner.kysely)).rejects.toThrow('iam_owner')
    await owner.close()
  })
})
