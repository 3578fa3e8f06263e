import type { Bench } from '../bench.ts'
import type { Metric, Series } from '../measure/sample.ts'
import type { Goal, Verdict } from '../report/goals.ts'

/** One row of the performance goals: what is measured side by side, what of it is shown, and what it is to reach. */
export interface Row {
  readonly name: string
  readonly title: string
  /** The first is what the row is judged by. */
  readonly metrics: readonly Metric[]
  readonly goals: readonly Goal[]
  /** The first of the series is what the others are compared with. */
  readonly measure: (bench: Bench) => Promise<Measured>
}

/** What a row measured, and what it counted besides. */
export interface Measured {
  readonly series: readonly Series[]
  readonly counted?: readonly Verdict[]
  /** What else there is to say, in sentences. */
  readonly remarks?: readonly string[]
}
