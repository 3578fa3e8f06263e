import * as z from 'zod'
import { readCapped } from '../http/index.ts'
import { Breaker } from '../resilience/index.ts'

export interface RiskServiceOptions {
  /** Where it takes questions, by POST. */
  readonly url: string
  /** Milliseconds until the whole answer must be there. */
  readonly answerWithin?: number
  readonly monotonic: () => number
  /** Hears why it gave no score; once for each question that was asked. */
  readonly onSilent: (error: unknown) => void
}

const mostBytes = 16 * 1024
/** Members besides are its own affair. */
const answer = z.object({ score: z.number().int().min(0).max(100) })

/**
 * A risk service of somebody else's, such as `ai-orchestrator`: takes a question as JSON and answers
 * `{"score": 0…100}`. One try within 300 ms, no redirects; after five failures in a row it is not asked for ten
 * seconds.
 */
export function riskService({ url, answerWithin = 300, monotonic, onSilent }: RiskServiceOptions) {
  const breaker = new Breaker({ monotonic })
  return {
    /** @throws when it does not answer in time, or anything but a score. */
    score: (question: object): Promise<number> =>
      breaker.run(() =>
        ask(url, question, answerWithin).catch((error: unknown) => {
          onSilent(error)
          throw error
        }),
      ),
  }
}

async function ask(url: string, question: object, answerWithin: number): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(question),
    headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'iam' },
    redirect: 'error',
    signal: AbortSignal.timeout(answerWithin),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`The risk service answered ${response.status}.`)
  }
  const read = answer.safeParse(JSON.parse((await readCapped(response, mostBytes)).toString()))
  if (!read.success) throw new Error('The risk service answered no score.')
  return read.data.score
}
