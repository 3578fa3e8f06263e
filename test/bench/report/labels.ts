import type { Metric } from '../measure/sample.ts'

/** What each metric is called, its unit, and how many digits stand behind the point. */
export const labels: Readonly<Record<Metric, { name: string; unit: string; digits: number }>> = {
  rate: { name: 'op/s', unit: '', digits: 0 },
  serverUs: { name: 'server CPU', unit: ' us', digits: 1 },
  backendUs: { name: 'backend CPU', unit: ' us', digits: 1 },
  totalUs: { name: 'total CPU', unit: ' us', digits: 1 },
  p50Ms: { name: 'p50', unit: ' ms', digits: 2 },
  p99Ms: { name: 'p99', unit: ' ms', digits: 2 },
  rssMib: { name: 'memory', unit: ' MiB', digits: 0 },
  peakMib: { name: 'memory at most', unit: ' MiB', digits: 0 },
  wallMs: { name: 'until live', unit: ' ms', digits: 0 },
  cpuMs: { name: 'CPU until live', unit: ' ms', digits: 0 },
  readyMs: { name: 'until ready', unit: ' ms', digits: 0 },
  loaderBusy: { name: 'load generator', unit: ' of a core', digits: 2 },
}
