import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parser } from '@prometheus-io/lezer-promql'
import { HttpMetrics, WorkMetrics } from '@iam/platform/metrics'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { servedRoutes } from '../support/served-routes.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(root + path, 'utf8')

interface Objective {
  readonly name: string
  readonly objective: number
  readonly total: string
  readonly good: string
  readonly runbook: string
}
const objectives = parse(read('infra/slo/objectives.yaml')) as Objective[]

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string
      readonly expr: string
      readonly annotations?: object
    }[]
  }[]
}

describe('what the service promises', () => {
  /** What each process tells when it is asked, and what it writes by hand. */
  let told = ''
  beforeAll(async () => {
    const http = new HttpMetrics()
    http.answered({ method: 'POST', route: '/x', status: 200, seconds: 1 })
    const work = new WorkMetrics()
    work.published('topic', 1)
    const byHand = globSync('apps/iam-{jwks,worker}/src/**/*.ts', { cwd: root }).filter(
      (file) => !file.endsWith('.test.ts'),
    )
    told = [await http.text(), await work.text(), ...byHand.map(read)].join('\n')
  })

  test.each(objectives)(
    '$name is counted by metrics, buckets and routes that there are',
    async (objective) => {
      const routes = new Set((await servedRoutes()).map(({ url }) => url))
      for (const selector of [objective.total, objective.good]) {
        const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(selector) ?? []
        expect(told).toContain(name.replace(/_(count|bucket)$/, ''))
        const bound = /(?:^|,)le="(.*?)"/.exec(labels)?.[1]
        expect(name.endsWith('_bucket')).toBe(bound !== undefined)
        if (bound !== undefined) expect(told).toContain(`${name}{le="${bound}"`)
        const named = /http_route=~?"(.*?)"/.exec(labels)?.[1]?.split('|') ?? []
        const missing = named.filter((route) => !routes.has(route) && !told.includes(`'${route}'`))
        expect(missing).toEqual([])
      }
      expect(objective.good).not.toBe(objective.total)
    },
  )

  test('has alarms of which each names a page that there is, and every metric of the pages is told', () => {
    const { groups } = parse(read('infra/slo/rules.generated.yaml')) as Rules
    const alarms = groups.flatMap(({ rules }) => rules.filter(({ alert }) => alert !== undefined))
    expect(alarms.length).toBeGreaterThan(2 * objectives.length)
    const pages = alarms.map(({ annotations }) => (annotations as { readonly runbook: string }).runbook)
    expect(pages.filter((page) => !existsSync(root + page))).toEqual([])
    const named = pages.flatMap((page) => read(page).match(/`((?:iam|http|messaging)_\w+)`/g) ?? [])
    expect(named.filter((name) => !told.includes(name.replaceAll('`', '')))).toEqual([])
  })

  test('is watched over by rules that Prometheus can read', () => {
    const { groups } = parse(read('infra/slo/rules.generated.yaml')) as Rules
    const unread: string[] = []
    for (const { expr } of groups.flatMap(({ rules }) => rules))
      parser.parse(expr).iterate({
        enter: ({ type }) => {
          if (type.isError) unread.push(expr)
        },
      })
    expect(unread).toEqual([])
  })

  test('has no alarm that could never ring', () => {
    const rules = read('infra/slo/rules.generated.yaml')
    const thresholds = [...rules.matchAll(/ > ([\d.]+)/g)].map(({ 1: most }) => Number(most))
    expect(thresholds.length).toBeGreaterThan(2 * objectives.length)
    expect(thresholds.filter((most) => !(most > 0 && most < 1))).toEqual([])
  })
})
