import { openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { registry, type ImpersonalStore, type PersonalStore } from './index.ts'

describe('C256, C257: the registry of personal data', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  const stores: Readonly<Record<string, PersonalStore | ImpersonalStore>> = registry

  /** Every column of every table of ours; a partition's are its table's. */
  async function columns(): Promise<{ table: string; column: string }[]> {
    const found = await sql<{ table: string; column: string }>`
      select c.table_name as table, c.column_name as column
        from information_schema.columns c
        join pg_class t on t.oid = format('%I.%I', c.table_schema, c.table_name)::regclass
       where c.table_schema = 'iam' and t.relkind in ('r', 'p') and not t.relispartition
         and c.table_name <> 'test_clock'`.execute(world.admin)
    return found.rows
  }

  test('names every column of every table: whoever adds one says what becomes of it', async () => {
    const there = await columns()
    expect(there.length).toBeGreaterThan(400)
    const unnamed = there
      .filter(({ table, column }) => stores[table]?.columns[column] === undefined)
      .map(
        ({ table, column }) =>
          `Say in packages/domain/src/personal-data whether iam.${table}.${column} is personal, how it is exported, and what becomes of it with the person.`,
      )
    expect(unnamed).toEqual([])
  })

  test('names nothing that is not there', async () => {
    const there = new Set((await columns()).map(({ table, column }) => `${table}.${column}`))
    const named = Object.entries(stores).flatMap(([table, store]) =>
      Object.keys(store.columns).map((column) => `${table}.${column}`),
    )
    expect(named.filter((name) => !there.has(name))).toEqual([])
  })

  test('says of rows that are kept what becomes of every value that could tell of somebody', () => {
    const kept = Object.entries(stores).flatMap(([table, store]) =>
      'nobodys' in store || store.erasure === 'deleted' ? [] : [{ table, ...store, but: store.erasure.but }],
    )
    expect(kept.length).toBeGreaterThan(3)
    for (const { table, columns: rules, but } of kept) {
      const opened = Object.entries(rules).flatMap(([name, { is }]) => (is === 'opened' ? [name] : []))
      expect({ table, left: opened.filter((name) => but[name] === undefined) }).toEqual({ table, left: [] })
      expect(Object.keys(but).filter((name) => rules[name] === undefined)).toEqual([])
    }
  })

  test('gives every section of an export another name', () => {
    const sections = Object.values(stores).flatMap((store) => ('nobodys' in store ? [] : [store.section]))
    expect(new Set(sections).size).toBe(sections.length)
  })

  test('lets iam-worker read exactly what exports need, and no secret for their sake', async () => {
    const rules = Object.entries(stores).flatMap(([table, store]) =>
      'nobodys' in store
        ? []
        : Object.entries(store.columns).map(([column, { is }]) => ({ table, column, is })),
    )
    const readable = await Promise.all(
      rules.map(async ({ table, column, is }) => {
        const may = await sql<{ may: boolean }>`
          select has_column_privilege('iam_worker', ${`iam."${table}"`}::regclass, ${column}, 'select') as may`.execute(
          world.admin,
        )
        return { name: `${table}.${column}`, is, may: may.rows[0]?.may }
      }),
    )
    expect(
      readable.filter(({ is, may }) => ['told', 'opened'].includes(is) && !may).map(({ name }) => name),
    ).toEqual([])
  })
})
