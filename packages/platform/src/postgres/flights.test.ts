import { testDatabase } from '@iam/testkit/servers'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openPostgres, type Postgres, type Sent } from './index.ts'

// One connection each, so that a flight meets what the one before has left behind.
describe.each(['none', 'transaction'] as const)('flights, pooler %s', (pooler) => {
  let postgres: Postgres<unknown>
  let url: string
  beforeAll(async () => {
    const database = await testDatabase(inject('services'))
    url = database.urlFor('iam_owner')
    postgres = openPostgres({ url, poolSize: 1, pooler, answerWithin: 60_000 })
    await fly({ sql: 'create table kept (n int primary key deferrable initially deferred)', parameters: [] })
  })
  afterAll(() => postgres.close())

  const fly = (...statements: Sent[]) => postgres.flights.fly(statements)
  const keep = (n: unknown) => ({ sql: 'insert into kept values ($1)', parameters: [n] })
  const process = { sql: 'select pg_backend_pid() as pid', parameters: [] }
  const kept = async () => {
    const [rows = []] = await fly({ sql: 'select n from kept order by n', parameters: [] })
    return rows.map(({ n }) => n)
  }

  test('answer each statement in order, the same text twice and those without rows too', async () => {
    const echo = (text: string) => ({ sql: 'select $1::text as said', parameters: [text] })
    expect(await fly(echo('a'), keep(1), process, echo('b'))).toEqual([
      [{ said: 'a' }],
      [],
      [{ pid: expect.any(Number) as number }],
      [{ said: 'b' }],
    ])
    expect(await fly(echo('c'))).toEqual([[{ said: 'c' }]])
  })

  test('are one transaction', async () => {
    const id = { sql: 'select pg_current_xact_id()::text as id', parameters: [] }
    const [[first], [second]] = (await fly(id, id)) as [[object], [object]]
    expect(second).toEqual(first)
    const setting = { sql: `select current_setting('app.tenant_id', true) as tenant`, parameters: [] }
    const set = { sql: `select set_config('app.tenant_id', $1, true)`, parameters: ['ten_1'] }
    expect((await fly(set, setting))[1]).toEqual([{ tenant: 'ten_1' }])
    expect((await fly(setting))[0]).toEqual([{ tenant: '' }])
  })

  test('write every kind of value as pg does', async () => {
    const values = [null, undefined, 7, true, new Date(0), Buffer.from([0, 255]), ['a', 'b,"c'], '{"a": 1}']
    const types = ['text', 'text', 'int', 'bool', 'timestamptz', 'bytea', 'text[]', 'jsonb']
    const columns = types.map((type, n) => `$${n + 1}::${type} as c${n}`).join(', ')
    const [[row] = []] = await fly({ sql: `select ${columns}`, parameters: values })
    expect(Object.values(row ?? {})).toEqual([
      null,
      null,
      7,
      true,
      new Date(0),
      values[5],
      values[6],
      { a: 1 },
    ])
  })

  test('undo everything at an error, of a statement or of the commit itself', async () => {
    const before = await kept()
    await expect(fly(keep(10), keep('no number'), keep(11))).rejects.toMatchObject({ code: '22P02' })
    await expect(fly(keep(12), keep(12))).rejects.toMatchObject({ code: '23505' })
    expect(await kept()).toEqual(before)
  })

  test('send nothing when a value cannot be written', async () => {
    const circular: { self?: object } = {}
    circular.self = circular
    const before = await kept()
    await expect(fly(keep(20), keep(circular))).rejects.toThrow('circular')
    expect(await kept()).toEqual(before)
  })

  test('keep their connection after an error, unless it may have lost what they prepared', async () => {
    const pid = async () => (await fly(process))[0]?.[0]?.['pid']
    const divide = (by: number) => ({ sql: 'select 1 / $1::int', parameters: [by] })
    await fly(divide(1))
    const first = await pid()
    await expect(fly(divide(0))).rejects.toMatchObject({ code: '22012' })
    expect(await pid()).toBe(first)
    await expect(fly({ sql: 'select nonsense', parameters: [] })).rejects.toMatchObject({ code: '42703' })
    if (pooler === 'none') expect(await pid()).not.toBe(first)
    else expect(await pid()).toBe(first)
  })

  test('give up a connection that does not answer, and go on with another', async () => {
    const hasty = openPostgres({ url, poolSize: 1, pooler, answerWithin: 500 })
    const pid = async () => (await hasty.flights.fly([process]))[0]?.[0]?.['pid']
    const sleep = { sql: 'select pg_sleep(60)', parameters: [] }
    await expect(hasty.flights.fly([sleep])).rejects.toThrow('Query read timeout')
    await expect.poll(() => pid().catch(() => undefined), { timeout: 30_000 }).toBeTypeOf('number')
    await hasty.close()
  })
})
