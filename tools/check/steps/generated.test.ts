import { expect, test } from 'vitest'
import { fixtureTree } from '../fixture-tree.ts'
import { staleFiles } from './generated.ts'

const file = 'packages/domain/src/db/rows.generated.ts'
const make = async () => 'made\n'

test('passes a file that is what its sources make', async () => {
  await using tree = await fixtureTree()
  await tree.write({ [file]: 'made\n' })
  expect(await staleFiles(tree.root, [{ file, make }])).toEqual([])
})

test('refuses a file that was edited, and one that is missing', async () => {
  await using tree = await fixtureTree()
  const target = [{ file, make }]
  const refusal = [`${file} is not what its sources make: npm run generate ${file}`]
  expect(await staleFiles(tree.root, target)).toEqual(refusal)
  await tree.write({ [file]: 'made and edited\n' })
  expect(await staleFiles(tree.root, target)).toEqual(refusal)
})

test('refuses a generated file that no program makes', async () => {
  await using tree = await fixtureTree()
  await tree.write({ [file]: 'made\n' })
  expect(await staleFiles(tree.root, [])).toEqual([
    `${file} is in no list: add it to tools/generate/targets.ts.`,
  ])
})
