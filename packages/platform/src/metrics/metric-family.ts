import { Counter, Gauge, type Registry } from 'prom-client'

/** One value of a metric, under what tells it from the others. */
export interface Reading {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric that somebody else keeps the value of. */
export interface MetricFamily {
  /** A counter's ends with `_total`; all others are gauges. */
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  readonly read: () => readonly Reading[]
}

/** Has a registry ask for the metric whenever it is asked itself. */
export function addFamily(registry: Registry, { name, help, labelNames, read }: MetricFamily): void {
  const Kind = name.endsWith('_total') ? Counter : Gauge
  const metric: Counter | Gauge = new Kind({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: () => {
      metric.reset()
      for (const { labels, value } of read()) metric.inc({ ...labels }, value)
    },
  })
}
