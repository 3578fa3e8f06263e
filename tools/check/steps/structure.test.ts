import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FixtureTree, fixtureTree } from '../fixture-tree.ts'
import { checkout } from '../run-program.ts'
import type { Outcome } from '../step.ts'
import { structure } from './structure.ts'

const domain = 'packages/domain/src/user/file.ts'
const app = 'apps/iam-api/src/file.ts'
const index = 'packages/domain/src/user/index.ts'
const inTest = 'packages/domain/src/user/file.test.ts'
const migration = 'migrations/20260101000000_file.ts'

/** What each rule refuses: the rule, the file it would stand in, one line of it. */
const refused = [
  ['no-current-date', domain, 'const now = new Date()'],
  ['no-current-date', domain, 'const now = new Date'],
  ['no-current-date', domain, 'const now = Date()'],
  ['no-database-clock', domain, 'const q = sql`select now()`'],
  ['no-database-clock', domain, 'const q = sql<Row>`update iam.x set at = ${a}, b = clock_timestamp ()`'],
  ['no-database-clock', domain, 'const q = sql`select pg_catalog.now()`'],
  ['no-database-clock', domain, "const q = 'where at < CURRENT_TIMESTAMP'"],
  ['no-database-clock', domain, 'const q = sql`select statement_timestamp()`'],
  ['no-database-clock', domain, "const q = sql`select 'now'::timestamptz`"],
  ['no-database-clock', domain, "const q = db.fn('now', [])"],
  ['no-database-clock', domain, "const q = fn<Date>('pg_catalog.now', [])"],
  ['no-raw-sql', domain, 'const q = sql.raw(text)'],
  ['no-raw-sql', domain, 'const q = sql.lit(value)'],
  ['no-raw-sql', app, 'const q = sql.id(name)'],
  ['no-raw-sql', domain, 'const q = db.dynamic.ref(column)'],
  ['no-raw-sql', domain, "const q = eb.ref('data', '->$').key(name)"],
  [
    'set-config-stands-alone',
    domain,
    "const q = sql`select set_config('app.tenant_id', ${t}, true), id from iam.user`",
  ],
  [
    'set-config-stands-alone',
    domain,
    "const q = sql`with s as (select set_config('a.b', $1, true)) select 1`",
  ],
  ['set-config-stands-alone', app, "const q = `select set_config('app.tenant_id', $1, false)`"],
  ['app-settings-are-local', app, "const q = sql`set app.tenant_id = 'x'`"],
  // ast-grep-ignore: app-settings-are-local -- planted for the rule to find
  ['app-settings-are-local', inTest, "const q = 'begin; SET SESSION app.tenant_id TO x'"],
  ['front-door-names-its-exports', index, "export * from './file.ts'"],
  ['front-door-names-its-exports', index, "export * as file from './file.ts'"],
  ['front-door-names-its-exports', index, "export type * from './file.ts'"],
  ['typebox-in-parts', app, "import Type from 'typebox'"],
  ['typebox-in-parts', domain, "import type Type from 'typebox'"],
  ['typebox-in-parts', app, "import Value from 'typebox/value'"],
  ['todo-names-its-issue', domain, '// TODO: later'],
  ['todo-names-its-issue', domain, '/* FIXME(#12): soon */'],
  ['suppression-says-why', domain, '// oxlint-disable-next-line no-console'],
  ['suppression-says-why', domain, '/* eslint-disable */'],
  ['suppression-says-why', domain, '// oxlint-disable -- everything here is fine'],
  ['suppression-says-why', domain, '// ast-grep-ignore: no-raw-sql'],
  ['unused-suppression', domain, '// ast-grep-ignore: no-raw-sql -- nothing raw is left here'],
] as const

/** The nearest that each rule lets pass. */
const permitted = [
  [domain, 'const day = new Date(text)'],
  [domain, "import * as Type from 'typebox'\nimport { Check } from 'typebox/value'"],
  [domain, 'const at = sql<Date>`select iam.now()`'],
  [domain, "const q = 'known() and snow() and a_now_column'"],
  [
    domain,
    '// ast-grep-ignore: no-database-clock -- the feed is complete only from this time on\nconst q = sql`select statement_timestamp()`',
  ],
  [domain, 'const q = sql.join(values)'],
  [domain, "const q = eb.ref('u.email')"],
  [domain, "const q = sql`select set_config('app.tenant_id', ${tenantId}, true)`"],
  [
    domain,
    "const q = `\n  select set_config('app.tenant_id', $1, true), set_config('app.actor', $2, true);`",
  ],
  [domain, "const q = 'set local app.tenant_id = 1'"],
  [domain, "const q = sql`alter database x set app.test = 'on'`"],
  [domain, '// TODO(#12): remove it with the column'],
  [domain, '// oxlint-disable-next-line no-console -- the only line before there is a logger'],
  [index, "export { file, type File } from './file.ts'"],
  [inTest, 'const now = new Date(); const q = sql.raw(text)'],
  [migration, 'const q = sql.raw(text); const t = sql`select now()`'],
] as const

let tree: FixtureTree
let clean: Outcome
let broken: Outcome

beforeAll(async () => {
  tree = await fixtureTree()
  await tree.take('sgconfig.yml', 'tools/lint-rules')
  await tree.write(
    Object.fromEntries(permitted.map(([file, line], at) => [numbered(file, 'fine', at), line])),
  )
  clean = await structure.run(tree.root)
  await tree.write(
    Object.fromEntries(refused.map(([, file, line], at) => [numbered(file, 'planted', at), line])),
  )
  broken = await structure.run(tree.root)
})

afterAll(() => tree[Symbol.asyncDispose]())

test('passes the nearest that is permitted', () => {
  expect(clean.findings).toBe('')
  expect(clean.passed).toBe(true)
})

test.each(refused.map((row, at) => [...row, at] as const))(
  '%s refuses, in %s, %s',
  (rule, file, _line, at) => {
    expect(broken.passed).toBe(false)
    expect(broken.findings).toMatch(
      new RegExp(`^${numbered(file, 'planted', at)}:\\d+:\\d+: error\\[${rule}\\]: .{20,}`, 'm'),
    )
  },
)

test('refuses a suppression of every rule at once, which the rules themselves cannot see', async () => {
  await using blanket = await fixtureTree()
  await blanket.take('sgconfig.yml', 'tools/lint-rules')
  await blanket.write({ [domain]: '// ast-grep-ignore -- everything here is fine\nconst q = sql.raw(text)' })
  const { passed, findings } = await structure.run(blanket.root)
  expect(passed).toBe(false)
  expect(findings).toContain(`${domain}: ast-grep-ignore names no rule`)
})

test('refuses a rule that has no planted violation', async () => {
  const rules = (await readdir(`${checkout}tools/lint-rules`)).map((file) => file.replace('.yml', ''))
  expect(new Set(refused.map(([rule]) => rule))).toEqual(new Set([...rules, 'unused-suppression']))
})

/** A folder of its own for each line, in the place where its rule looks. */
function numbered(file: string, folder: string, at: number): string {
  return file.replace(/([^/]+)$/, `${folder}-${at}/$1`)
}
