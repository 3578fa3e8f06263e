import { expect, test } from 'vitest'
import { fixtureTree } from '../fixture-tree.ts'
import { checkout } from '../run-program.ts'
import { brokenPromises, events, type Schemas } from './events.ts'

const released: Schemas = new Map([
  ['iam.user.registered.v1.json', { required: ['userId'], properties: { userId: { type: 'string' } } }],
])

test('passes what was released, additions and new events', () => {
  const grown = { required: ['userId'], properties: { userId: { type: 'string' }, more: { type: 'string' } } }
  const current = new Map([...released.keys(), 'iam.user.registered.v2.json'].map((file) => [file, grown]))
  expect(brokenPromises(released, released)).toEqual([])
  expect(brokenPromises(released, current)).toEqual([])
})

test('refuses a released event that is gone, and says which version to add', () => {
  expect(brokenPromises(released, new Map())).toEqual([
    'iam.user.registered.v1.json is gone, and consumers of v1 wait for it. Leave v1 as it was released, in packages/domain/src/event-schema/, and add user.registered.v2.',
  ])
})

test('refuses a change that breaks a released event, and says which version to add', () => {
  const current = new Map([['iam.user.registered.v1.json', { required: [], properties: {} }]])
  expect(brokenPromises(released, current)).toEqual([
    'iam.user.registered.v1.json: userId was taken away. Leave v1 as it was released, in packages/domain/src/event-schema/, and add user.registered.v2 for what has to differ.',
  ])
})

test('reads the folders, and does not pass without them', async () => {
  await using tree = await fixtureTree()
  await expect(events.run(tree.root)).rejects.toThrow('ENOENT')
  await tree.take('packages/domain/events')
  const broken = 'packages/domain/events/iam.session.revoked.v1.json'
  await tree.write({ [broken]: '{"type":"object","properties":{}}' })
  const { passed, findings } = await events.run(tree.root)
  expect(passed).toBe(false)
  expect(findings).toContain('payload was taken away')
})

test('nothing that was released is broken in the checkout', async () => {
  const { note, findings } = await events.run(checkout)
  expect(findings).toBe('')
  expect(note).toMatch(/^\d+ events, [1-9]\d* released$/)
})
