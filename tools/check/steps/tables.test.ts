import { expect, test } from 'vitest'
import { fixtureTree } from '../fixture-tree.ts'
import { type Mention, strangers, tablesNamed } from './tables.ts'

const mention = (table: string, folder: string): Mention => ({
  table,
  file: `packages/domain/src/${folder}/queries.ts`,
  line: 3,
})

test('finds a table in query builders and in SQL text, and nothing else', async () => {
  await using tree = await fixtureTree()
  await tree.write({
    'packages/domain/src/a/builder.ts': `
      db.selectFrom('iam.session as s').innerJoin('iam.user', 'iam.user.id', 's.user_id')
      db.with('recent', (q) => q.selectFrom("iam.grant"))
      db.insertInto('iam.outbox'); db.updateTable('iam.device'); db.deleteFrom('iam.client')`,
    'packages/domain/src/a/text.ts': `
      const q = sql\`
        insert into iam.audit_event(id) select id
        from iam."api_key" where at < iam.now() and by = iam.caller( 1 )\`
      // a comment on iam.secret_key
      const subject = \`\${namespace}.iam.user.registered.v1\``,
    'packages/domain/src/a/text.test.ts': `sql\`select 1 from iam.tenant\``,
    'packages/domain/src/a/rows.generated.ts': `export type Rows = { 'iam.tenant': 1 }`,
    'apps/iam-api/src/route.ts': `sql\`select 1 from iam.connection\``,
    'packages/testkit/src/rows/index.ts': `sql\`select 1 from iam.tenant\``,
  })
  const found = (await tablesNamed(tree.root)).map(({ file, line, table }) => `${file}:${line} ${table}`)
  expect(found.sort()).toEqual([
    'apps/iam-api/src/route.ts:1 connection',
    'packages/domain/src/a/builder.ts:2 session',
    'packages/domain/src/a/builder.ts:2 user',
    'packages/domain/src/a/builder.ts:2 user',
    'packages/domain/src/a/builder.ts:3 grant',
    'packages/domain/src/a/builder.ts:4 client',
    'packages/domain/src/a/builder.ts:4 device',
    'packages/domain/src/a/builder.ts:4 outbox',
    'packages/domain/src/a/text.ts:3 audit_event',
    'packages/domain/src/a/text.ts:4 api_key',
  ])
})

test('passes a table in the folder of its name and in the folder that is listed', () => {
  const named = [mention('api_key', 'api-key'), mention('refresh_family', 'session')]
  expect(strangers(named, { refresh_family: 'session' }, [])).toEqual([])
})

test("refuses another noun's table, naming its owner", () => {
  const found = strangers([mention('refresh_family', 'user')], { refresh_family: 'session' }, [])
  expect(found).toEqual([
    expect.stringContaining(
      'packages/domain/src/user/queries.ts:3: iam.refresh_family belongs to packages/domain/src/session/',
    ),
  ])
})

test('refuses a table outside the domain, where no noun is', () => {
  const found = strangers([{ table: 'user', file: 'apps/iam-api/src/route.ts', line: 1 }], {}, [])
  expect(found).toHaveLength(1)
})

test('passes a guest in the one file it is listed for', () => {
  const guest = { table: 'user', file: 'packages/domain/src/session/queries.ts', why: 'one statement' }
  expect(strangers([mention('user', 'session')], {}, [guest])).toEqual([])
  expect(strangers([mention('user', 'session'), mention('user', 'device')], {}, [guest])).toHaveLength(1)
})

test('refuses a permission that nobody uses any more', () => {
  const guest = { table: 'user', file: 'packages/domain/src/session/queries.ts', why: 'one statement' }
  expect(strangers([], {}, [guest])).toEqual([expect.stringContaining('no longer names iam.user')])
})
