import { readdirSync, readFileSync } from 'node:fs'
import { problemKinds } from '@iam/iam-api/problem-codes'
import { riskCodes } from '@iam/domain/kit'
import { limits } from '@iam/domain/limit'
import { defaultTenantPolicy } from '@iam/domain/tenant'
import { expect, test } from 'vitest'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the README lists every error with its status and title, in the order of the code', () => {
  const table = [...readme.matchAll(/^\| `(\w+)` \| (\d{3}) \| ([^|]+) \|$/gm)].map(
    ([, code, status, title]) => ({
      code,
      status: Number(status),
      title,
    }),
  )
  const expected = Object.entries(problemKinds).map(([code, { status, title }]) => ({ code, status, title }))
  expect(table).toEqual(expected)
})

test('the README lists every limit, in the order of the code', () => {
  const table = [...readme.matchAll(/^\| `([\w-]+)` \| (\d+) \| (\d+) \| (\w+) \| (.+) \|$/gm)].map(
    ([, name, points, seconds, by, why]) => ({
      name,
      points: Number(points),
      seconds: Number(seconds),
      by,
      why,
    }),
  )
  const expected = Object.entries(limits).map(([name, { points, seconds, by, why }]) => ({
    name,
    points,
    seconds,
    by,
    why,
  }))
  expect(table).toEqual(expected)
})

test('the README lists every reason of a risk, and the defaults of what is decided by it', () => {
  for (const code of riskCodes) expect(readme).toMatch(new RegExp(`^\\| .*\`${code}\`.* \\| [^|]+ \\|`, 'm'))
  const { mfa, riskChallengeAt, riskRefuseAt } = defaultTenantPolicy
  expect(readme).toContain(`| \`mfa\` | \`${mfa}\` |`)
  expect(readme).toContain(`| \`riskChallengeAt\` | ${riskChallengeAt} |`)
  expect(readme).toContain(`| \`riskRefuseAt\` | ${riskRefuseAt} |`)
})

test('the map of the README names every folder of the domain', () => {
  const map = /^## The map\n+```\n(.*?)\n```$/ms.exec(readme)?.[1] ?? ''
  const named = new Set([...map.matchAll(/(?<=^|\s)([\w-]+)\/(?=\s|$)/g)].map(([, name]) => name))
  const folders = readdirSync(new URL('../../packages/domain/src/', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  expect(folders.length).toBeGreaterThan(20)
  expect(folders.filter((name) => !named.has(name))).toEqual([])
})
