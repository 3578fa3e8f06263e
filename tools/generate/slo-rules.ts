import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

/** A promise as `infra/slo/objectives.yaml` has it. */
interface Objective {
  readonly name: string
  readonly promise: string
  /** The share that is answered well. */
  readonly objective: number
  /** Selectors of counters. */
  readonly total: string
  readonly good: string
  /** A page of `infra/runbooks`. */
  readonly runbook: string
}

/**
 * Alarms by how fast what may fail in 28 days is used up, each over a long window and a short one, so that they come
 * soon and end soon (The Site Reliability Workbook, chapter 5): in two days, in five, in four weeks. A burn that more
 * than everything failing would be is left out.
 */
const burns = [
  { rate: 14.4, long: '1h', short: '5m', severity: 'page' },
  { rate: 6, long: '6h', short: '30m', severity: 'page' },
  { rate: 1, long: '3d', short: '6h', severity: 'ticket' },
] as const
const windows = [...new Set(burns.flatMap(({ long, short }) => [short, long]))]

async function readObjectives(): Promise<Objective[]> {
  const file = fileURLToPath(new URL('../../infra/slo/objectives.yaml', import.meta.url))
  return parse(await readFile(file, 'utf8')) as Objective[]
}

/** The rules of Prometheus that watch over the promises. */
export async function makeSloRules(): Promise<string> {
  const groups = (await readObjectives()).map((objective) => ({
    name: `iam-slo-${objective.name.replaceAll('_', '-')}`,
    rules: [...windows.map((window) => recordingRule(objective, window)), ...alarms(objective)],
  }))
  const told = '# Made by npm run generate from objectives.yaml; what is changed here is lost.\n'
  return told + stringify({ groups }, { lineWidth: 0 })
}

function recordingRule({ name, good, total }: Objective, window: string) {
  const rate = (selector: string) => `sum(rate(${selector}[${window}]))`
  // Where nothing was good there is no such counter yet: that is none, and not unknown.
  const well = `(${rate(good)} or 0 * ${rate(total)})`
  return { record: errorsOver(window), labels: { slo: name }, expr: `1 - ${well} / ${rate(total)}` }
}

function alarms({ name, promise, objective, runbook }: Objective): object[] {
  const budget = 1 - objective
  const words = name.split('_').map((word) => (word[0] ?? '').toUpperCase() + word.slice(1))
  return burns.flatMap(({ rate, long, short, severity }) => {
    const most = Number((rate * budget).toFixed(6))
    if (most >= 1) return []
    const above = (window: string) => `${errorsOver(window)}{slo="${name}"} > ${most}`
    return {
      alert: `IamSlo${words.join('')}Burn${long}`,
      expr: `${above(long)} and ${above(short)}`,
      labels: { severity, slo: name },
      annotations: {
        summary: `Not kept: ${promise}. At this rate what may fail in 28 days is used up ${rate} times over.`,
        runbook: `infra/runbooks/${runbook}`,
      },
    }
  })
}

function errorsOver(window: string): string {
  return `iam:slo_errors:ratio_rate${window}`
}
