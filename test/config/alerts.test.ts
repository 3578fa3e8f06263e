import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parser } from '@prometheus-io/lezer-promql'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

const file = parse(readFileSync(`${root}infra/alerts/iam.rules.yaml`, 'utf8')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}
const rules = file.groups.flatMap((group) => group.rules)
const pages = globSync('*.md', { cwd: `${root}infra/runbooks` })

/** Pages that no rule of this file names, each with what tells of it. */
const withoutRule: Readonly<Record<string, string>> = {
  'README.md': 'the list of all pages',
  'anchor-rotation.md': 'begun by an operator, or a leak',
  'first-keys.md': 'a ceremony',
  'key-set-unavailable.md': 'a promise: infra/slo',
  'password-not-checked.md': 'a line of the log',
  'refresh-forged.md': 'rows of the audit trail',
  'region-not-merged.md': 'a line of the log',
  'risk-not-told.md': 'a line of the log',
  'second-factors-fail.md': 'a promise: infra/slo',
  'secret-leaked.md': 'people',
  'signing-key-leaked.md': 'people',
  'signing-key-refused.md': 'a line of the log',
  'slow-answers.md': 'a promise: infra/slo',
}

/** Names of metrics that are not ours, by what each begins with. */
const foreign = /^pubsub_googleapis_com:/

function metricsIn(expr: string): string[] {
  const found: string[] = []
  parser.parse(expr).iterate({
    enter: ({ name, from, to }) => {
      if (name === 'VectorSelector') found.push(/^[\w:]+/.exec(expr.slice(from, to))?.[0] ?? '')
    },
  })
  return found
}

function faultsIn(expr: string): string[] {
  const found: string[] = []
  parser.parse(expr).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) found.push(expr.slice(Math.max(0, from - 10), to + 10))
    },
  })
  return found
}

test('the parser of PromQL that the others rely on finds faults', () => {
  expect(faultsIn('max(iam_outbox_depth > 100')).not.toEqual([])
  expect(faultsIn('max(iam_outbox_depth) > 100')).toEqual([])
})

test('alerts have names of their own, and a severity that somebody listens to', () => {
  expect(rules.length).toBeGreaterThan(10)
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  for (const { alert, labels, annotations } of rules) {
    expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(page|ticket)$/)])
    expect(annotations.summary).toMatch(/^[A-Z].*\.$/)
  }
})

test.each(rules.map((rule) => [rule.alert, rule] as const))(
  '%s is PromQL of metrics that there are',
  (_name, rule) => {
    expect(faultsIn(rule.expr)).toEqual([])
    const sources = ['apps/*/src/**/*.ts', 'packages/platform/src/**/*.ts']
      .flatMap((pattern) => globSync(pattern, { cwd: root }))
      .filter((path) => !path.endsWith('.test.ts'))
      .map((path) => readFileSync(root + path, 'utf8'))
      .join('\n')
    const metrics = metricsIn(rule.expr)
    expect(metrics).not.toEqual([])
    const unknown = metrics.filter(
      (name) => !foreign.test(name) && !new RegExp(`\\b${name}\\b`).test(sources),
    )
    expect(unknown).toEqual([])
  },
)

test('every alert names a page of the runbooks, and every page is of an alert, or of what no metric tells', () => {
  const named = new Set(rules.map(({ annotations }) => annotations.runbook))
  expect([...named].filter((page) => !pages.includes(page))).toEqual([])
  const without = pages.filter((page) => !named.has(page))
  expect(without.toSorted()).toEqual(Object.keys(withoutRule).toSorted())
})

test('refusals that are counted by their code are of the closed list', () => {
  const codes = rules.flatMap(({ expr }) =>
    [...expr.matchAll(/code=~?"([^"]+)"/g)].flatMap(([, list = '']) => list.split('|')),
  )
  const known = readFileSync(`${root}apps/iam-api/src/http/problem-codes.ts`, 'utf8')
  expect(codes.length).toBeGreaterThan(3)
  expect(codes.filter((code) => !known.includes(code))).toEqual([])
})

test('jobs that are named are done by the clock', () => {
  const named = rules.flatMap(({ expr }) => [...expr.matchAll(/job!?="([^"]+)"/g)].map(([, job = '']) => job))
  const schedule = readFileSync(`${root}apps/iam-worker/src/jobs/schedule.ts`, 'utf8')
  expect(named.filter((job) => !schedule.includes(`'${job}'`))).toEqual([])
})
