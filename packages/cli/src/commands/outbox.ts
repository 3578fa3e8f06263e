import { listParkedStreams, replayStream, type ParkedStream } from '@iam/domain/outbox'
import type { OperatorDeps } from '../operator-deps.ts'
import type { Progress } from '../progress.ts'

/** The streams that wait behind an event that the broker refused. */
export async function outboxInspect({ db }: OperatorDeps): Promise<ParkedStream[]> {
  return listParkedStreams(db)
}

export interface Replayed {
  readonly streams: number
  readonly events: number
}

/**
 * Puts streams back in their order. @param stream one of them, or all when undefined.
 * @throws when the named stream does not wait.
 */
export async function outboxReplay(
  { db }: OperatorDeps,
  { stream, dryRun = false }: { stream: string | undefined; dryRun?: boolean },
  progress: Pick<Progress, 'step'>,
): Promise<Replayed> {
  const parked = (await listParkedStreams(db)).filter(
    (one) => (stream ?? one.orderingKey) === one.orderingKey,
  )
  if (stream !== undefined && parked.length === 0) throw new Error(`The stream ${stream} does not wait.`)
  let events = 0
  for (const [n, one] of parked.entries()) {
    events += dryRun ? one.events : await replayStream({ db }, one)
    progress.step('streams', n + 1, parked.length)
  }
  return { streams: parked.length, events }
}
