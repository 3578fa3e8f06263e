import { say, type Bench } from '../bench.ts'
import type { WorkloadName } from '../load/workloads.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import type { Series } from '../measure/sample.ts'
import type { Target } from '../servers/targets.ts'

/** Loads each server with one workload. @param load.workers requests under way at a time. */
export async function measureLoad(
  bench: Bench,
  load: { workload: WorkloadName; workers: number },
  targets: readonly Target[],
): Promise<Series[]> {
  const contenders = targets.map(({ name, profile, server }): Contender => {
    return { name, server: server.pid, work: { kind: 'load', ...load, profile, origin: server.origin } }
  })
  return interleave(contenders, turnsOf(bench))
}

/** How long, and against what, as the command line says. */
export function turnsOf(bench: Bench) {
  const { rounds, ms } = bench.options
  const env = { IAM_STATE: bench.stateFile }
  return { rounds, ms, warmUpMs: Math.min(ms, 1_500), backend: bench.backend, env, onProgress: say }
}
