import { freePort } from '@iam/local-stack/ports'
import { fileOf, type Bench } from '../bench.ts'
import type { Series } from '../measure/sample.ts'
import { bundleOf } from '../servers/start-service.ts'
import type { Target } from '../servers/targets.ts'
import { measureLoad } from './measure-load.ts'
import type { Row } from './row.ts'

const loads = [
  { workload: 'session', workers: 16 },
  { workload: 'refresh', workers: 16 },
  { workload: 'login', workers: 8 },
] as const

/** What a request costs more for being watched: a line in the log, metrics, and one trace in twenty sent to a collector. */
export const observability: Row = {
  name: 'observability',
  title: 'observed as it ships (logs, metrics, 5 % of traces by OTLP) beside the same build unobserved',
  metrics: ['serverUs', 'totalUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib'],
  goals: loads.map(({ workload }) => ({
    subject: `${workload}, observed`,
    metric: 'serverUs' as const,
    of: `${workload}, unobserved`,
    atMost: 1.35,
  })),
  measure: async (bench) => {
    const [unobserved, observed] = [await start(bench, 'unobserved'), await start(bench, 'observed')]
    const series: Series[] = []
    for (const load of loads) {
      const named = ({ name, ...rest }: Target) => ({ ...rest, name: `${load.workload}, ${name}` })
      series.push(...(await measureLoad(bench, load, [unobserved, observed].map(named))))
    }
    return { series }
  },
}

async function start(bench: Bench, name: 'observed' | 'unobserved'): Promise<Target> {
  const given = bench.service.environments['iam-api']
  const told =
    name === 'observed' ? await observing(bench) : { OTEL_SDK_DISABLED: 'true', IAM_LOG_LEVEL: 'error' }
  const env = { ...given, ...told }
  const server = await bench.server({ name: `iam-api, ${name}`, args: [bundleOf('iam-api')], env })
  await server.answers('/health/ready')
  return { name, profile: 'iam', server }
}

/** What is sampled and how much of it is left as it ships. */
async function observing(bench: Bench): Promise<Record<string, string>> {
  const collector = await bench.server({ name: 'collector', args: [fileOf('floor/collector.mjs')], env: {} })
  return {
    IAM_LOG_LEVEL: 'info',
    IAM_METRICS_PORT: String(await freePort()),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
  }
}
