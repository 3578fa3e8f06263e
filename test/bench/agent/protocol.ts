import type { SigningAlg } from '@iam/domain/key-set'
import type { Outcome } from '../load/closed-loop.ts'
import type { WorkloadName } from '../load/workloads.ts'
import type { ProfileName } from '../profiles/index.ts'

/** What an agent is to do; it has one process for it alone. */
export type Work =
  | {
      readonly kind: 'load'
      readonly workload: WorkloadName
      readonly profile: ProfileName
      readonly origin: string
      readonly workers: number
      /** Operations begun in a second; each worker as fast as it can unless given. */
      readonly perSecond?: number
    }
  | { readonly kind: 'read'; readonly way: ReadWay; readonly urls: DatabaseUrls; readonly workers: number }
  | {
      readonly kind: 'enqueue'
      readonly way: EnqueueWay
      readonly urls: DatabaseUrls
      readonly redisUrl: string
      readonly workers: number
    }
  | { readonly kind: 'drain'; readonly way: DrainWay; readonly urls: DatabaseUrls; readonly rows: number }
  | {
      readonly kind: 'status lists'
      readonly way: StatusListWay
      readonly urls: DatabaseUrls
      readonly lists: number
      /** Slots of each that are revoked. */
      readonly revoked: number
    }
  | {
      readonly kind: 'sign'
      readonly alg: SigningAlg
      /** Where KMS is. */
      readonly endpoint: string
      /** The key there; one in memory without it. */
      readonly version?: string
    }
  | { readonly kind: 'hash'; readonly workers: number }
  | { readonly kind: 'endless'; readonly origin: string; readonly connections: number }
  | { readonly kind: 'wake'; readonly way: WakeWay; readonly urls: DatabaseUrls; readonly redisUrl: string }

/** Logins of the service's own database, and an empty database that a peer may have to itself. */
export interface DatabaseUrls {
  readonly api: string
  readonly worker: string
  readonly superuser: string
  readonly peer: string
}

/** A read of one session: bare, in a flight under the tenant, and in the query builder's own transaction. */
export type ReadWay = 'named select' | 'in one flight' | 'kysely transaction'
/** How the relay is told of an event. */
export type EnqueueWay = 'not told' | 'nudge' | 'pg_notify'
/** Who empties an outbox or a queue. */
export type DrainWay = 'skip locked' | 'ours' | 'graphile-worker' | 'graphile-worker, local queue' | 'pg-boss'
/** What a round of the publisher of status lists finds. */
export type StatusListWay = 'nothing changed' | 'steady state' | 'first build'
/** How a relay learns that there is something to do. */
export type WakeWay = 'poll, 100 ms' | 'ours'

/** Work that was opened: the agent's side of a contender. */
export interface Opened {
  /** What must be there before a stretch is measured. */
  prepare?(): Promise<void>
  /** Works for so many milliseconds, or until what was prepared is done. */
  run(ms: number): Promise<Outcome>
  close(): Promise<void>
}

export type Request = { readonly id: number } & (
  | { readonly ask: 'open'; readonly work: Work }
  | { readonly ask: 'prepare' | 'close' }
  | { readonly ask: 'run'; readonly ms: number }
)

export type Reply = { readonly id: number } & (
  | { readonly outcome?: Outcome | undefined }
  | { readonly error: string }
)
