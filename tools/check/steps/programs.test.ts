import { expect, test } from 'vitest'
import { type FixtureTree, fixtureTree } from '../fixture-tree.ts'
import { format } from './format.ts'
import { types } from './types.ts'
import { unused } from './unused.ts'

test('types refuses what the compiler refuses', async () => {
  await using tree = await fixtureTree()
  const compilerOptions = { strict: true, composite: true, types: [], outDir: 'dist' }
  await tree.write({
    'tsconfig.json': JSON.stringify({ compilerOptions }),
    'a.ts': 'export const a: string = "1"',
  })
  expect(await types.run(tree.root)).toMatchObject({ passed: true })
  await tree.write({ 'a.ts': 'export const a: string = 1' })
  const { passed, findings } = await types.run(tree.root)
  expect(passed).toBe(false)
  expect(findings).toContain('a.ts(1,14): error TS2322')
})

test('format refuses another layout, and leaves generated files alone', async () => {
  await using tree = await fixtureTree()
  await tree.take('biome.json', '.gitignore')
  await tree.write({ 'a.ts': "export const a = 'a'\n", 'b.generated.ts': 'export const b = "b";\n' })
  expect(await format.run(tree.root)).toMatchObject({ passed: true })
  await tree.write({ 'a.ts': 'export const a = "a";\n' })
  const { passed, findings } = await format.run(tree.root)
  expect(passed).toBe(false)
  expect(findings).toMatch(/- a\.ts/)
})

test('unused refuses a file, an export and a dependency that nothing uses', async () => {
  await using tree = await fixtureTree()
  await workspaceOfOneApp(tree)
  expect(await unused.run(tree.root)).toMatchObject({ passed: true, findings: '' })
  await tree.write({
    'apps/one/src/left-behind.ts': 'export const a = 1',
    'apps/one/src/open.ts': 'export const used = 1\nexport const overlooked = 2',
    'apps/one/package.json': JSON.stringify({ name: 'one', dependencies: { jose: '6.2.17' } }),
  })
  const { passed, findings } = await unused.run(tree.root)
  expect(passed).toBe(false)
  expect(findings).toMatch(/Unused files.*\n.*left-behind\.ts/)
  expect(findings).toMatch(/Unused exports.*\n.*overlooked/)
  expect(findings).toMatch(/Unused dependencies.*\n.*jose/)
})

async function workspaceOfOneApp({ take, write }: FixtureTree): Promise<void> {
  await take('knip.json')
  await write({
    'package.json': JSON.stringify({ name: 'root', private: true }),
    'pnpm-workspace.yaml': 'packages: ["apps/*"]\n',
    'apps/one/package.json': JSON.stringify({ name: 'one' }),
    'apps/one/src/main.ts': `import { used } from './open.ts'\nexport const main = used`,
    'apps/one/src/open.ts': 'export const used = 1',
  })
}
