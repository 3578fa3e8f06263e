import { advantageOf, medianOf, type Metric, type Series } from '../measure/sample.ts'
import type { Verdict } from './goals.ts'
import { labels } from './labels.ts'

/**
 * A row's measurements as lines of text: each contender's medians, and in brackets how good they are next to the
 * first contender's: (2.00) is twice the rate, or the same for half the cost.
 */
export function contendersTable(measured: readonly Series[], metrics: readonly Metric[]): string[] {
  const base = measured[0]
  const head = ['', ...metrics.map((metric) => labels[metric].name)]
  const body = measured.map((series) => [
    series.name,
    ...metrics.map((metric) => cell(series, series === base ? undefined : base, metric)),
  ])
  return align([head, ...body])
}

/** A row's goals, each with what was measured and whether that is enough. */
export function goalsTable(verdicts: readonly Verdict[]): string[] {
  return align(verdicts.map(judged))
}

/** The goals of several rows, each line with the name of its row. */
export function summaryTable(
  results: readonly { readonly row: string; readonly verdicts: readonly Verdict[] }[],
): string[] {
  return align(results.flatMap(({ row, verdicts }) => verdicts.map((verdict) => [row, ...judged(verdict)])))
}

function judged({ text, value, met }: Verdict): string[] {
  return [outcome(met), text, format(value, 2)]
}

function outcome(met: boolean | undefined): string {
  if (met === undefined) return 'unknown'
  return met ? 'met' : 'MISSED'
}

function cell(series: Series, base: Series | undefined, metric: Metric): string {
  const { unit, digits } = labels[metric]
  const value = medianOf(series, metric)
  if (Number.isNaN(value)) return '-'
  const shown = `${format(value, digits)}${unit}`
  if (base === undefined) return shown
  const advantage = advantageOf(series, base, metric)
  return Number.isNaN(advantage) ? shown : `${shown} (${format(advantage, 2)})`
}

function format(value: number, digits: number): string {
  return Number.isNaN(value)
    ? '-'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
