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

test.each([file, 'packages/domain/events/iam.user.dreamt.v1.json'])(
  'refuses %s, which no program makes',
  async (orphan) => {
    await using tree = await fixtureTree()
    await tree.write({ [orphan]: 'made\n' })
    expect(await staleFiles(tree.root, [])).toEqual([
      `${orphan} is in no list: add it to tools/generate/targets.ts.`,
    ])
  },
)

test('leaves what was released alone: nothing makes it again', async () => {
  await using tree = await fixtureTree()
  await tree.write({ 'packages/domain/events/released/iam.user.registered.v1.json': '{}' })
  expect(await staleFiles(tree.root, [])).toEqual([])
})
