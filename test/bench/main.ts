// npm run bench [-- --rows login,refresh --rounds 5 --secs 3 --quick --gate --json file]: the first goals of
// performance, each against a floor of its own and the npm peers. README.md says what is measured and how.
import { existsSync, writeFileSync } from 'node:fs'
import { Bench, say } from './bench.ts'
import { readOptions, type Options } from './options.ts'
import { judge, type Verdict } from './report/goals.ts'
import { contendersTable, goalsTable, summaryTable } from './report/table.ts'
import { rows } from './rows/index.ts'
import type { Measured, Row } from './rows/row.ts'
import { bundleOf } from './servers/start-service.ts'

interface Result extends Measured {
  readonly row: string
  readonly verdicts: readonly Verdict[]
  /** Why there are no measurements. */
  readonly failure?: string
}

// Whatever was started ends when this process exits, which a signal's own way of ending it would skip.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  const options = readOptions(process.argv.slice(2))
  const results = await measureAll(choose(options), options)
  process.exitCode = conclude(results, options) ? 0 : 1
} catch (error) {
  say(`\n${sentenceOf(error)}`)
  process.exitCode = 1
}

function choose({ rows: asked }: Options): readonly Row[] {
  const unknown = asked.filter((name) => !rows.some((row) => row.name === name))
  if (unknown.length > 0) {
    throw new Error(
      `No such row: ${unknown.join(', ')}. They are ${rows.map(({ name }) => name).join(', ')}.`,
    )
  }
  return asked.length === 0 ? rows : rows.filter(({ name }) => asked.includes(name))
}

async function measureAll(chosen: readonly Row[], options: Options): Promise<Result[]> {
  if (!existsSync(bundleOf('iam-api'))) throw new Error('There are no bundles to measure: run npm run build.')
  const bench = await Bench.start(options)
  const results: Result[] = []
  try {
    for (const [n, row] of chosen.entries()) {
      say(`\n[${n + 1}/${chosen.length}] ${row.name}`)
      results.push(await measure(bench, row))
    }
  } finally {
    await bench.stop()
  }
  return results
}

/** A row that cannot be measured leaves its goals open, and the other rows theirs. */
async function measure(bench: Bench, row: Row): Promise<Result> {
  try {
    const measured = await row.measure(bench)
    const verdicts = [...judgeAll(row, measured), ...(measured.counted ?? [])]
    console.log(`\n${[`${row.name}: ${row.title}`, ...tablesOf(row, measured, verdicts)].join('\n')}`)
    return { row: row.name, ...measured, verdicts }
  } catch (error) {
    const failure = `${row.name} could not be measured: ${sentenceOf(error)}`
    say(failure)
    return { row: row.name, series: [], verdicts: judgeAll(row, { series: [] }), failure }
  }
}

function judgeAll(row: Row, { series }: Measured): Verdict[] {
  return row.goals.map((goal) => judge(goal, series))
}

function tablesOf(row: Row, { series, remarks = [] }: Measured, verdicts: readonly Verdict[]): string[] {
  const faults = series.flatMap(({ name, errors, firstError }) => {
    return errors === 0 ? [] : [`${name} answered wrongly ${errors} times. ${firstError ?? ''}`]
  })
  return [...contendersTable(series, row.metrics), '', ...goalsTable(verdicts), ...remarks, ...faults]
}

/** Says how everything came out. @returns whether the bench succeeded: a missed goal fails it only with --gate. */
function conclude(results: readonly Result[], { rounds, ms, json, gate }: Options): boolean {
  const verdicts = results.flatMap((result) => result.verdicts)
  const met = verdicts.filter((verdict) => verdict.met === true).length
  console.log(['\nAll goals', ...summaryTable(results)].join('\n'))
  console.log(`\n${met} of ${verdicts.length} goals are met.`)
  const failures = results.flatMap(({ failure }) => failure ?? [])
  if (failures.length > 0) console.log(failures.join('\n'))
  if (json !== undefined) {
    const told = { at: new Date(), node: process.version, rounds, ms, all: results }
    writeFileSync(json, `${JSON.stringify(told)}\n`)
  }
  return failures.length === 0 && (!gate || met === verdicts.length)
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
