/** One line of Prometheus' text format: a name, its labels and a value. */
interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The samples of one metric, by the kind that its `# TYPE` says. */
interface Family {
  readonly name: string
  readonly kind: string
  readonly samples: Sample[]
}

interface Period {
  /** When the process began to count, and now, in milliseconds since 1970. */
  readonly began: number
  readonly now: number
}

const cumulative = 2
const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

/**
 * What `/metrics` says, as OTLP has it in JSON (opentelemetry.proto.collector.metrics.v1): the same text is asked for
 * and sent, so that nothing is counted twice.
 */
export function otlpMetrics(
  text: string,
  resource: Readonly<Record<string, string>>,
  period: Period,
): object {
  const metrics = familiesIn(text).map((family) => metricOf(family, period))
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeMetrics: [{ scope: { name: 'iam' }, metrics }],
      },
    ],
  }
}

function familiesIn(text: string): Family[] {
  const families: Family[] = []
  for (const each of text.split('\n')) {
    const [, name, kind] = /^# TYPE (\S+) (\S+)$/.exec(each) ?? []
    if (name !== undefined && kind !== undefined) families.push({ name, kind, samples: [] })
    const sample = sampleIn(each)
    if (sample !== undefined) families.at(-1)?.samples.push(sample)
  }
  return families
}

function sampleIn(text: string): Sample | undefined {
  const [, name, labels = '', value] = line.exec(text) ?? []
  if (name === undefined || Number.isNaN(Number(value))) return undefined
  const pairs = [...labels.matchAll(label)].map(({ 1: key = '', 2: said = '' }) => [key, unescaped(said)])
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_all, character: string) => (character === 'n' ? '\n' : character))
}

function metricOf({ name, kind, samples }: Family, period: Period): object {
  if (kind === 'histogram')
    return {
      name,
      histogram: { aggregationTemporality: cumulative, dataPoints: histograms(samples, period) },
    }
  const dataPoints = samples.map(({ labels, value }) => ({ ...pointOf(labels, period), asDouble: value }))
  if (kind === 'counter')
    return { name, sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints } }
  return { name, gauge: { dataPoints } }
}

/** One point for each set of labels: cumulative counts up to each bound become the counts between bounds. */
function histograms(samples: readonly Sample[], period: Period): object[] {
  const series = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  return [...series].map(([labels, mine]) => {
    const end = (suffix: string) => mine.find(({ name }) => name.endsWith(suffix))?.value ?? 0
    const buckets = mine.filter(({ name }) => name.endsWith('_bucket'))
    const counts = buckets.map(({ value }, n) => value - (buckets[n - 1]?.value ?? 0))
    return {
      ...pointOf(JSON.parse(labels) as Record<string, string>, period),
      count: String(end('_count')),
      sum: end('_sum'),
      bucketCounts: counts.map(String),
      explicitBounds: buckets.map(({ labels: { le } }) => Number(le)).filter(Number.isFinite),
    }
  })
}

function pointOf(labels: Readonly<Record<string, string>>, { began, now }: Period) {
  return {
    attributes: attributesOf(labels),
    startTimeUnixNano: `${began}000000`,
    timeUnixNano: `${now}000000`,
  }
}

function attributesOf(pairs: Readonly<Record<string, string>>): object[] {
  return Object.entries(pairs).map(([key, stringValue]) => ({ key, value: { stringValue } }))
}
