import type { KnownJob } from '@iam/domain/job'
import type { WorkerContext } from '../context.ts'

/** What jobs work with. */
export type JobDeps = Pick<WorkerContext, 'config' | 'db' | 'clock' | 'log' | 'secrets'>

export interface JobTurn {
  /** Aborts when its time is up or this process stops: what was begun is finished by the next run. */
  readonly signal: AbortSignal
  /** Only tells what it would do. Asked of nobody that does not rehearse. */
  readonly rehearsal: boolean
}

/** What a run came to, in numbers: shown to operators, so no names and no addresses. */
export type JobResult = Readonly<Record<string, number>>

/** Something that is done by the clock. It may be cut off anywhere, run twice and run late. */
export interface Job extends KnownJob {
  readonly run: (deps: JobDeps, turn: JobTurn) => Promise<JobResult>
}
