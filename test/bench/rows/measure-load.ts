import { say, type Bench } from '../bench.ts'
import type { WorkloadName } from '../load/workloads.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import type { Series } from '../measure/sample.ts'
import type { Target } from '../servers/targets.ts'

interface Load {
  readonly workload: WorkloadName
  /** Requests under way at a time. */
  readonly workers: number
}

/** Loads each server with one workload. */
export async function measureLoad(bench: Bench, load: Load, targets: readonly Target[]): Promise<Series[]> {
  return interleave(underLoad(load, targets), turnsOf(bench))
}

/** Each server under one workload. */
export function underLoad(load: Load, targets: readonly Target[]): Contender[] {
  return targets.map(({ name, profile, server }) => {
    return { name, server: server.pid, work: { kind: 'load', ...load, profile, origin: server.origin } }
  })
}

/** How long, and against what, as the command line says. */
export function turnsOf(bench: Bench) {
  const { rounds, ms } = bench.options
  const env = { IAM_STATE: bench.stateFile }
  return { rounds, ms, warmUpMs: Math.min(ms, 1_500), backend: bench.backend, env, onProgress: say }
}
