import { buryEvent, type OutboxRow, topicOf, type WaitingRow } from '@iam/domain/outbox'
import { PublishError } from '@iam/platform/pubsub'
import { publishTraced } from './publish-traced.ts'
import type { RelayDeps } from './relay-deps.ts'

const invalidArgument = 3
const behind = 'behind another of its stream'

/** What a batch has come to, so far. */
interface Outcome {
  /** The events that went out. */
  readonly published: Set<string>
  /** The streams of which something was put aside: what follows it waits behind. */
  readonly parked: Set<string>
}

/**
 * Publishes rows, the streams beside each other and each in order, on however many topics it is told. An event that
 * the broker will never take is put aside with the reason, and so is what follows it in its stream; the other streams
 * flow on.
 * @param published the events that went out, to which this adds. @throws when some could not be published now.
 */
export async function publishRows(
  deps: RelayDeps,
  rows: readonly WaitingRow[],
  published: Set<string>,
): Promise<void> {
  const parked = new Set<string>()
  for (const row of rows) if (row.parked) await buryEvent(deps.db, row, behind)
  const waiting = rows.filter((row) => !row.parked && !published.has(row.eventId))
  for (const round of roundsOf(waiting)) {
    const flowing = await withoutParked(deps, round, parked)
    await publishRound(deps, flowing, { published, parked })
  }
}

/**
 * What can be published side by side: usually everything. Only a stream that goes on on another topic waits there for
 * the round before, so that an event of it that is refused or fails is not overtaken.
 */
function roundsOf(rows: readonly OutboxRow[]): OutboxRow[][] {
  const rounds: OutboxRow[][] = []
  const streams = new Map<string, { readonly topic: string; readonly round: number }>()
  for (const row of rows) {
    const topic = topicOf('', row.type)
    const before = streams.get(row.orderingKey) ?? { topic, round: 0 }
    const round = before.topic === topic ? before.round : before.round + 1
    streams.set(row.orderingKey, { topic, round })
    ;(rounds[round] ??= []).push(row)
  }
  return rounds
}

async function publishRound(deps: RelayDeps, waiting: readonly OutboxRow[], outcome: Outcome): Promise<void> {
  const byTopic = Map.groupBy(waiting, ({ type }) => topicOf(deps.producer.namespace, type))
  const outcomes = await Promise.allSettled(
    [...byTopic].map(([topic, mine]) => publishTopic(deps, { topic, rows: mine }, outcome)),
  )
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

type OfTopic = { readonly topic: string; readonly rows: readonly OutboxRow[] }

async function publishTopic(deps: RelayDeps, { topic, rows }: OfTopic, outcome: Outcome): Promise<void> {
  const failures = await publishTraced(deps, { topic, rows })
  const failed = new Map(failures.map((failure) => [failure.orderingKey, failure]))
  for (const row of rows) if (!failed.has(row.orderingKey)) outcome.published.add(row.eventId)
  for (const { orderingKey, code } of failures) {
    if (code !== invalidArgument) continue
    const stream = rows.filter((row) => row.orderingKey === orderingKey)
    await publishUntilRefused(deps, { topic, rows: stream }, outcome)
  }
  const later = failures.filter(({ code }) => code !== invalidArgument)
  if (later.length > 0) throw new PublishError(topic, later)
}

/** One stream whose request was refused for what is in it: finds the event that is to blame, one by one. */
async function publishUntilRefused(
  deps: RelayDeps,
  { topic, rows }: OfTopic,
  outcome: Outcome,
): Promise<void> {
  for (const [n, row] of rows.entries()) {
    const [failure] = await publishTraced(deps, { topic, rows: [row] })
    if (failure === undefined) {
      outcome.published.add(row.eventId)
      continue
    }
    if (failure.code !== invalidArgument) throw new PublishError(topic, [failure])
    deps.log.error(
      { event_id: row.eventId, reason: failure.reason },
      'An event was put aside: the broker refuses it',
    )
    outcome.parked.add(row.orderingKey)
    await buryEvent(deps.db, row, failure.reason)
    for (const next of rows.slice(n + 1)) await buryEvent(deps.db, next, `behind ${row.eventId}`)
    return
  }
}

/** The rows whose stream has nothing put aside; the others are put behind it. */
async function withoutParked(
  { db }: RelayDeps,
  rows: readonly OutboxRow[],
  parked: ReadonlySet<string>,
): Promise<readonly OutboxRow[]> {
  if (parked.size === 0) return rows
  for (const row of rows) if (parked.has(row.orderingKey)) await buryEvent(db, row, behind)
  return rows.filter((row) => !parked.has(row.orderingKey))
}
