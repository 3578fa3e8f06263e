import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from '../agent/agent.ts'
import type { Work } from '../agent/protocol.ts'
import { cpuBetween, peakMib, readCpu, rssMib } from './cpu.ts'
import type { Sample, Series } from './sample.ts'

/** One of those that are measured side by side. */
export interface Contender {
  readonly name: string
  readonly work: Work
  /** The process of the server under load; without one, the agent itself is what is measured. */
  readonly server?: number
  /** What another process does at the same time, to the same server. */
  readonly beside?: Contender
  /** What its agent finds in its environment, over what all of them do. */
  readonly env?: Readonly<Record<string, string>>
}

/** How much sooner than what is measured the work beside it begins, in milliseconds; it ends as much later. */
const lead = 500

/** How long and against what. */
export interface Turns {
  readonly rounds: number
  readonly ms: number
  readonly warmUpMs: number
  /** Processes that count as the backend. */
  readonly backend: readonly number[]
  /** What agents find in their environment. */
  readonly env: Readonly<Record<string, string>>
  /** Is told in a sentence what happens. */
  readonly onProgress: (sentence: string) => void
}

interface Entrant {
  readonly contender: Contender
  readonly agent: Agent
  readonly beside: Entrant | undefined
  readonly samples: Sample[]
  readonly answers: Record<string, number>
  errors: number
  firstError: string | undefined
}

/**
 * Measures the contenders in turns, A B A B: whatever else the machine does hits all of them alike. A turn before
 * the first round warms each up and is not counted.
 */
export async function interleave(contenders: readonly Contender[], turns: Turns): Promise<Series[]> {
  const entrants: Entrant[] = []
  try {
    turns.onProgress(`  ${contenders.map(({ name }) => name).join(' | ')}`)
    for (const contender of contenders) entrants.push(await enter(contender, turns))
    turns.onProgress('  warming up')
    for (const { agent } of entrants) await warmUp(agent, turns)
    for (let round = 0; round < turns.rounds; round += 1) {
      for (const entrant of entrants) await measure(entrant, turns)
      const rates = entrants.map(({ samples }) => Math.round(samples.at(-1)?.rate ?? NaN))
      turns.onProgress(`  round ${round + 1} of ${turns.rounds}: ${rates.join(' | ')} op/s`)
    }
    return entrants.map(seriesOf)
  } finally {
    const all = entrants.flatMap((entrant) => [entrant, entrant.beside ?? []].flat())
    await Promise.all(all.map(({ agent }) => agent.stop()))
  }
}

async function enter(contender: Contender, turns: Turns): Promise<Entrant> {
  const beside = contender.beside === undefined ? undefined : await enter(contender.beside, turns)
  const agent = await Agent.start(contender.work, { ...turns.env, ...contender.env })
  return { contender, agent, beside, samples: [], answers: {}, errors: 0, firstError: undefined }
}

function seriesOf({ contender, samples, answers, errors, firstError, beside }: Entrant): Series {
  const besides = beside === undefined ? {} : { beside: seriesOf(beside) }
  return { name: contender.name, samples, answers, errors, firstError, ...besides }
}

async function warmUp(agent: Agent, { warmUpMs }: Turns): Promise<void> {
  await agent.prepare()
  await agent.run(warmUpMs)
}

async function measure(entrant: Entrant, turns: Turns): Promise<void> {
  if (entrant.beside === undefined) return measureAlone(entrant, turns)
  const beside = measureAlone(entrant.beside, { ...turns, ms: turns.ms + 2 * lead })
  await Promise.all([beside, sleep(lead).then(() => measureAlone(entrant, turns))])
}

async function measureAlone(entrant: Entrant, turns: Turns): Promise<void> {
  const { agent, contender } = entrant
  const server = [contender.server ?? agent.pid]
  await agent.prepare()
  const before = { server: readCpu(server), backend: readCpu(turns.backend), agent: readCpu([agent.pid]) }
  const outcome = await agent.run(turns.ms)
  const serverUs = cpuBetween(before.server, readCpu(server)) / outcome.ops
  const backendUs = cpuBetween(before.backend, readCpu(turns.backend)) / outcome.ops
  entrant.samples.push({
    rate: outcome.ops / outcome.seconds,
    serverUs,
    backendUs,
    totalUs: serverUs + backendUs,
    p50Ms: outcome.p50Ms,
    p99Ms: outcome.p99Ms,
    rssMib: rssMib(server[0] ?? 0),
    peakMib: peakMib(server[0] ?? 0),
    loaderBusy: cpuBetween(before.agent, readCpu([agent.pid])) / 1e6 / outcome.seconds,
  })
  for (const [answer, times] of Object.entries(outcome.answers ?? {})) {
    entrant.answers[answer] = (entrant.answers[answer] ?? 0) + times
  }
  entrant.errors += outcome.errors
  entrant.firstError ??= outcome.firstError
}
