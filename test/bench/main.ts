// npm run bench [-- --rows login,refresh --rounds 5 --secs 3 --quick --gate --json file]: the first goals of
// performance, each against a floor of its own and the npm peers. README.md says what is measured and how.
import { existsSync, writeFileSync } from 'node:fs'
import { Bench, say } from './bench.ts'
import { readOptions, type Options } from './options.ts'
import { judge, type Verdict } from './report/goals.ts'
import { contendersTable, goalsTable } from './report/table.ts'
import { rows } from './rows/index.ts'
import type { Measured, Row } from './rows/row.ts'
import { bundleOf } from './servers/start-service.ts'

interface Result extends Measured {
  readonly row: string
  readonly verdicts: readonly Verdict[]
}

const options = readOptions(process.argv.slice(2))
const chosen = choose(options)
if (!existsSync(bundleOf('iam-api'))) throw new Error('There are no bundles to measure: run npm run build.')
// Whatever was started ends when this process exits, which a signal's own way of ending it would skip.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const bench = await Bench.start(options)
const results: Result[] = []
try {
  for (const row of chosen) results.push(await measure(row))
} finally {
  await bench.stop()
}
conclude(results)

function choose({ rows: asked }: Options): readonly Row[] {
  const unknown = asked.filter((name) => !rows.some((row) => row.name === name))
  if (unknown.length > 0) {
    throw new Error(
      `No such row: ${unknown.join(', ')}. They are ${rows.map(({ name }) => name).join(', ')}.`,
    )
  }
  return asked.length === 0 ? rows : rows.filter(({ name }) => asked.includes(name))
}

async function measure(row: Row): Promise<Result> {
  say(`Measuring ${row.name}…`)
  const measured = await row.measure(bench)
  const verdicts = [...row.goals.map((goal) => judge(goal, measured.series)), ...(measured.counted ?? [])]
  const faults = measured.series.flatMap(({ name, errors, firstError }) => {
    return errors === 0 ? [] : [`${name} answered wrongly ${errors} times. ${firstError ?? ''}`]
  })
  const tables = [...contendersTable(measured.series, row.metrics), '', ...goalsTable(verdicts), ...faults]
  console.log([`\n${row.name}: ${row.title}`, ...tables].join('\n'))
  return { row: row.name, ...measured, verdicts }
}

function conclude(all: readonly Result[]): void {
  const missed = all.flatMap(({ row, verdicts }) => {
    return verdicts.filter(({ met }) => met !== true).map(({ text }) => `${row}: ${text}`)
  })
  const goals = all.flatMap(({ verdicts }) => verdicts).length
  console.log(`\n${goals - missed.length} of ${goals} goals are met.`)
  if (options.json !== undefined) {
    const { rounds, ms } = options
    writeFileSync(
      options.json,
      `${JSON.stringify({ at: new Date(), node: process.version, rounds, ms, all })}\n`,
    )
  }
  if (options.gate && missed.length > 0) process.exitCode = 1
}
