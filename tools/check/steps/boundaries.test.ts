import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FixtureTree, fixtureTree } from '../fixture-tree.ts'
import { checkout } from '../run-program.ts'
import type { Outcome } from '../step.ts'
import { boundaries, unseen } from './boundaries.ts'

type Rules = { forbidden: { name: string }[] }

const { forbidden } = createRequire(import.meta.url)(`${checkout}.dependency-cruiser.cjs`) as Rules
const libraries = ['fastify', 'ioredis', 'jose', 'kysely', 'pg']

/** What may be imported, once for each permission. */
const permitted = {
  'apps/iam-api/src/main.ts': `import '@iam/domain/user'; import '@iam/platform/postgres'; import 'fastify'`,
  'apps/iam-jwks/src/main.ts': `import '@iam/domain/key-set'`,
  'apps/iam-worker/src/main.ts': `import '@iam/domain/session'`,
  'apps/iam-worker/src/main.test.ts': `import '@iam/testkit/database'; import './main.ts'`,
  'migrations/index.ts': `import 'kysely'`,
  'packages/cli/src/main.ts': `import '@iam/migrations'; import '@iam/domain/user'; import '@iam/platform/postgres'`,
  'packages/domain/src/event-schema/index.ts': 'export type Payload = 1; export const schema = 1',
  'packages/domain/src/outbox/index.ts': `import type { Payload } from '../event-schema/index.ts'; export type P = Payload`,
  'packages/domain/src/key-set/index.ts': `import 'jose'`,
  'packages/domain/src/session/index.ts': `import '../user/index.ts'`,
  'packages/domain/src/session/index.test.ts': `import '@iam/testkit/database'; import './index.ts'`,
  'packages/domain/src/user/index.ts': `export { findUser } from './find-user.ts'`,
  'packages/domain/src/user/find-user.ts': `import './queries.ts'; export const findUser = 1`,
  'packages/domain/src/user/queries.ts': `import type { Kysely } from 'kysely'; export type Db = Kysely`,
  'packages/emulator/src/google/index.ts': '',
  'packages/local-stack/src/start.ts': `import './postgres/index.ts'`,
  'packages/local-stack/src/postgres/index.ts': `import '@iam/emulator/google'`,
  'packages/platform/src/postgres/index.ts': `import 'pg'; import 'kysely'`,
  'packages/testkit/src/database/index.ts': `import '@iam/local-stack/postgres'; import '@iam/migrations'`,
  'packages/verifier/src/index.ts': `import 'jose'`,
  'test/run.ts': `import '@iam/local-stack/postgres'; import '@iam/testkit/database'`,
}

/** One import for each rule that it must refuse; where a rule has two halves, one for each. */
const planted = [
  ['everything-resolves', 'apps/iam-api/src/lost.ts', './nowhere.ts'],
  ['everything-resolves', 'apps/iam-api/src/inside.ts', '@iam/domain/user/queries'],
  ['no-cycles', 'packages/domain/src/user/egg.ts', './hen.ts'],
  ['apps-are-strangers', 'apps/iam-api/src/neighbour.ts', '../../iam-worker/src/main.ts'],
  ['packages-never-import-apps', 'packages/platform/src/http/up.ts', '../../../../apps/iam-api/src/main.ts'],
  ['domain-knows-no-vendor', 'packages/domain/src/user/driver.ts', 'pg'],
  ['domain-knows-no-vendor', 'packages/domain/src/user/adapter.ts', '@iam/platform/postgres'],
  ['platform-knows-no-domain', 'packages/platform/src/postgres/rule.ts', '@iam/domain/user'],
  ['one-owner-per-table', 'packages/domain/src/session/burglar.ts', '../user/queries.ts'],
  ['front-door-only', 'packages/domain/src/session/window.ts', '../user/find-user.ts'],
  ['packages-by-name', 'test/burglar.ts', '../packages/domain/src/user/queries.ts'],
  ['packages-by-name', 'apps/iam-api/src/burglar.ts', '../../../packages/domain/src/user/queries.ts'],
  ['no-schemas-at-run-time', 'packages/domain/src/session/build.ts', '../event-schema/index.ts'],
  ['jwks-is-dbless', 'apps/iam-jwks/src/deps.ts', '@iam/domain/user'],
  ['testkit-only-in-tests', 'apps/iam-worker/src/shortcut.ts', '@iam/testkit/database'],
  ['local-stack-stays-local', 'apps/iam-api/src/laptop.ts', '@iam/local-stack/postgres'],
  ['emulator-stays-local', 'packages/platform/src/kms/pretend.ts', '@iam/emulator/google'],
  ['migrations-run-apart', 'apps/iam-worker/src/alter.ts', '@iam/migrations'],
  ['nobody-imports-cli', 'test/operator.ts', '../packages/cli/src/main.ts'],
  ['verifier-stands-alone', 'packages/verifier/src/cache.ts', 'ioredis'],
  ['verifier-stands-alone', 'packages/verifier/src/ours.ts', '@iam/domain/key-set'],
] as const

let tree: FixtureTree
let clean: Outcome
let broken: Outcome

beforeAll(async () => {
  tree = await fixtureTree()
  await installWorkspace(tree)
  await tree.write(permitted)
  clean = await boundaries.run(tree.root)
  await tree.write({ 'packages/domain/src/user/hen.ts': `import './egg.ts'` })
  await tree.write(Object.fromEntries(planted.map(([, file, target]) => [file, `import '${target}'`])))
  broken = await boundaries.run(tree.root)
}, 240_000)

afterAll(() => tree[Symbol.asyncDispose]())

test('passes every import that is permitted', () => {
  expect(clean.findings).toBe('')
  expect(clean.passed).toBe(true)
})

test.each(planted)('%s refuses what %s imports', (rule, file) => {
  expect(broken.passed).toBe(false)
  expect(broken.findings).toContain(`${rule}: ${file} -> `)
})

test('shows the whole way from the key-set server to the database client', () => {
  const way = ['deps.ts', 'user/index.ts', 'user/find-user.ts', 'user/queries.ts', 'node_modules/kysely/']
  expect(broken.findings).toMatch(new RegExp(`jwks-is-dbless: .*${way.join('.* -> .*')}`))
})

test('refuses a rule that has no planted violation', () => {
  expect(new Set(planted.map(([rule]) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)))
})

test('does not pass over a file that was not read', () => {
  const cruised = { modules: [{ source: 'apps/a.ts' }] }
  expect(unseen(['apps/a.ts', 'apps/b.ts'], cruised)).toEqual([
    expect.stringContaining('apps/b.ts was not read'),
  ])
})

test('reads the modules of the checkout', async () => {
  const { findings, note } = await boundaries.run(checkout)
  expect(findings).not.toContain('was not read')
  expect(Number.parseInt(note)).toBeGreaterThan(100)
})

/** The workspace as pnpm lays it out: links to the real manifests and to libraries in its store. */
async function installWorkspace({ take, write, link }: FixtureTree): Promise<void> {
  const packages = ['cli', 'domain', 'emulator', 'local-stack', 'platform', 'testkit']
  await take('migrations/package.json', ...packages.map((name) => `packages/${name}/package.json`))
  for (const name of packages) await link(`node_modules/@iam/${name}`, `packages/${name}`)
  await link('node_modules/@iam/migrations', 'migrations')
  for (const name of libraries) {
    const stored = `node_modules/.pnpm/${name}@1.0.0/node_modules/${name}`
    await write({
      [`${stored}/package.json`]: JSON.stringify({ name, type: 'module', exports: './dist/index.js' }),
      [`${stored}/dist/index.js`]: 'export class Kysely {}',
    })
    await link(`node_modules/${name}`, stored)
  }
}
