import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FixtureTree, fixtureTree } from '../fixture-tree.ts'
import type { Outcome } from '../step.ts'
import { lint } from './lint.ts'

const domain = 'packages/domain/src/user/file.ts'
const platform = 'packages/platform/src/http/file.ts'
const app = 'apps/iam-api/src/file.ts'
const cli = 'packages/cli/src/file.ts'

const lines = (count: number) =>
  Array.from({ length: count }, (_, at) => `  const n${at} = ${at}; call(n${at})`).join('\n')
const functionOf = (count: number) => `export function long(): void {\n${lines(count)}\n}`

/** What each rule refuses: the rule, words of its message, the file it would stand in, its text. */
const refused = [
  ['max-lines', 'too many lines', domain, `${'// line\n'.repeat(300)}export const x = 1`],
  ['max-lines', 'too many lines', 'packages/domain/src/user/file.test.ts', '// line\n'.repeat(601)],
  ['max-lines-per-function', 'too many lines', domain, functionOf(59)],
  [
    'max-params',
    'too many parameters',
    domain,
    'export function f(a: 1, b: 1, c: 1, d: 1, e: 1) { return [a, b, c, d, e] }',
  ],
  [
    'max-depth',
    'nested too deeply',
    domain,
    'export function f(a: number) { if (a) { if (a > 1) { if (a > 2) { if (a > 3) call(a) } } } }',
  ],
  ['no-default-export', 'named exports', domain, 'export default 1'],
  ['filename-case', 'kebab', domain.replace('file', 'findUser'), 'export const x = 1'],
  ['no-explicit-any', 'any', domain, 'export const x: any = 1'],
  ['no-unsafe-member-access', 'any', domain, 'export const x: unknown = JSON.parse("1").a'],
  ['no-floating-promises', 'awaited', domain, 'export function f() { later() }'],
  ['no-misused-promises', 'Promise', domain, 'export function f() { if (later()) call(1) }'],
  [
    'switch-exhaustiveness-check',
    'exhaustive',
    domain,
    "export function f(a: 'x' | 'y') { switch (a) { case 'x': call(1) } }",
  ],
  ['ban-ts-comment', 'description', domain, '// @ts-expect-error\nexport const x: string = 1'],
  [
    'ban-ts-comment',
    'ts-ignore',
    domain,
    '// @ts-ignore because it is only this once\nexport const x: string = 1',
  ],
  ['no-console', 'console', domain, 'console.log(1)'],
  ['no-console', 'console', platform, 'console.error(1)'],
  ['no-console', 'console', app, 'console.log(1)'],
  [
    'no-focused-tests',
    'focused',
    'test/file.test.ts',
    "import { test } from 'vitest'\ntest.only('x', () => {})",
  ],
  ['no-restricted-properties', 'no environment', domain, 'export const x = process.env'],
  ['no-restricted-properties', 'config.ts', app, 'export const { env } = process'],
  ['no-restricted-properties', 'config.ts', cli, "export const x = process['env']"],
  ['no-restricted-properties', 'config.ts', app.replace('file', 'file.test'), 'export const x = process.env'],
  ['no-restricted-imports', 'config.ts', app, "import { env } from 'node:process'\ncall(env)"],
  ['no-restricted-properties', 'columns', domain, 'export const x = query.selectAll()'],
  ['no-restricted-properties', 'columns', platform, "export const x = query.selectAll('user')"],
  ['no-restricted-properties', 'columns', domain, 'export const x = query.returningAll()'],
  ['no-restricted-properties', 'deps.clock', domain, 'export const x = Date.now()'],
  ['no-restricted-properties', 'comes in through deps', domain, 'export const x = performance.now()'],
  ['no-restricted-properties', 'comes in through deps', domain, 'export const x = process.hrtime.bigint()'],
  ['no-restricted-properties', 'node:crypto', domain, 'export const x = Math.random()'],
  [
    'Unused oxlint-disable directive',
    'no problems',
    domain,
    '// oxlint-disable-next-line no-console -- nothing is left\nexport const x = 1',
  ],
] as const

/** The nearest that each rule lets pass. */
const permitted = [
  [domain, `${'// line\n'.repeat(299)}export const x = 1`],
  [domain, functionOf(58)],
  [
    domain.replace('file', 'file.test'),
    `${functionOf(80)}\nexport const x = [Date.now(), query.selectAll()]`,
  ],
  [domain.replace('file', 'file.generated'), `${'// line\n'.repeat(400)}export default 1 as any`],
  [domain, 'export async function f() { await later(); void later() }'],
  [domain, "export function f(a: 'x' | 'y') { switch (a) { case 'x': call(1); break; default: call(2) } }"],
  [app.replace('file', 'config'), 'export const x = process.env'],
  ['packages/local-stack/src/machine/environment.ts', 'export const x = process.env'],
  ['tools/file.ts', 'export const x = [process.env, Date.now()]; console.log(x)'],
  ['test/vitest.config.ts', 'export default { env: process.env }'],
  [platform, 'export const x = [Date.now(), performance.now(), Math.random()]'],
  [cli, 'console.log(1)'],
  ['migrations/20260101000000_file.ts', functionOf(80)],
] as const

const globals = `
declare const process: { env: Record<string, string>; hrtime: { bigint(): bigint } }
declare const query: { selectAll(of?: string): number; returningAll(): number }
declare function call(...values: unknown[]): void
declare function later(): Promise<number>
`

let tree: FixtureTree
let clean: Outcome
let broken: Outcome

beforeAll(async () => {
  tree = await fixtureTree()
  await tree.take('.oxlintrc.json')
  const compilerOptions = {
    strict: true,
    target: 'es2024',
    module: 'nodenext',
    lib: ['es2024', 'dom'],
    types: [],
  }
  await tree.write({ 'tsconfig.json': JSON.stringify({ compilerOptions }), 'globals.d.ts': globals })
  await tree.write(
    Object.fromEntries(permitted.map(([file, text], at) => [numbered(file, 'fine', at), text])),
  )
  clean = await lint.run(tree.root)
  await tree.write(
    Object.fromEntries(refused.map(([, , file, text], at) => [numbered(file, 'planted', at), text])),
  )
  broken = await lint.run(tree.root)
}, 240_000)

afterAll(() => tree[Symbol.asyncDispose]())

test('passes the nearest that is permitted', () => {
  expect(clean.findings).toContain('Found 0 warnings and 0 errors.')
  expect(clean.passed).toBe(true)
})

const cases = refused.map(([rule, words, file], at) => [rule, words, numbered(file, 'planted', at)] as const)

test.each(cases)('%s refuses, saying "%s", %s', (rule, words, file) => {
  expect(broken.passed).toBe(false)
  const about = broken.findings.split('\n\n').filter((finding) => finding.includes(`[${file}:`))
  expect(about.filter((finding) => finding.includes(rule)).join()).toContain(words)
})

/** A folder of its own for each text, in the place where its rule looks. */
function numbered(file: string, folder: string, at: number): string {
  return file.replace(/([^/]+)$/, `${folder}-${at}/$1`)
}
