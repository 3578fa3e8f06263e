import type { Db } from '@iam/domain/db'
import type { Clock } from '@iam/domain/kit'
import type { SecretRings } from '@iam/domain/secret-key'
import type { Logger } from '@iam/platform/logging'
import type { WorkMetrics } from '@iam/platform/metrics'
import type { Redis } from '@iam/platform/redis'
import type { Tracing } from '@iam/platform/telemetry'
import type { Config } from './config.ts'

/** What every role of the worker starts from. */
export interface WorkerContext {
  readonly config: Config
  readonly log: Logger
  /** Names this process in leases; no two running ones share it. */
  readonly owner: string
  readonly db: Db
  readonly redis: Redis
  readonly clock: Clock
  /** Empty in roles that need none; loaded soon after the start elsewhere. */
  readonly secrets: SecretRings
  readonly tracing: Tracing
  readonly metrics: WorkMetrics
}

/** The part of it that a role is started with which asks for some of the configuration alone. */
export type ContextFor<Setting extends keyof Config> = Omit<WorkerContext, 'config'> & {
  readonly config: Pick<Config, Setting>
}
