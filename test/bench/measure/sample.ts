import { median } from './statistics.ts'

/** What is measured. `Us` is microseconds of CPU for each operation, `Ms` milliseconds, `Mib` memory. */
export type Metric =
  | 'rate'
  | 'serverUs'
  | 'backendUs'
  | 'totalUs'
  | 'p50Ms'
  | 'p99Ms'
  | 'rssMib'
  | 'peakMib'
  | 'wallMs'
  | 'cpuMs'
  | 'readyMs'
  | 'loaderBusy'

/** One round of one contender. */
export type Sample = Readonly<Partial<Record<Metric, number>>>

/** All rounds of one contender, in the order they were run. */
export interface Series {
  readonly name: string
  readonly samples: readonly Sample[]
  /** Operations that were answered wrongly, in all rounds. */
  readonly errors: number
  readonly firstError?: string | undefined
  /** How many operations were answered in each way, where there are several that are right. */
  readonly answers?: Readonly<Record<string, number>>
  /** What was done at the same time. */
  readonly beside?: Series
}

/** More is better of a rate alone; everything else costs. */
const moreIsBetter: ReadonlySet<Metric> = new Set(['rate'])

/** The median over the rounds; NaN where it was not measured. */
export function medianOf({ samples }: Series, metric: Metric): number {
  return median(samples.flatMap((sample) => sample[metric] ?? []))
}

/** How many times as much `series` has of a metric as `base`: the median of the rounds' own ratios. */
export function timesOf(series: Series, base: Series, metric: Metric): number {
  const ratios = series.samples.map((sample, round) => {
    return (sample[metric] ?? NaN) / (base.samples[round]?.[metric] ?? NaN)
  })
  return median(ratios.filter((ratio) => !Number.isNaN(ratio)))
}

/** How many times as good `series` is as `base`: above 1 it does more, or does the same for less. */
export function advantageOf(series: Series, base: Series, metric: Metric): number {
  return moreIsBetter.has(metric) ? timesOf(series, base, metric) : timesOf(base, series, metric)
}
