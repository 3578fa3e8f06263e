import { setTimeout as sleep } from 'node:timers/promises'
import { inSpan } from '../telemetry/index.ts'
import { Breaker, OpenBreakerError, RetryBudget } from '../resilience/index.ts'
import type { KmsChannel, KmsRequest, MethodName } from './kms-channel.ts'
import { grpcCode, KmsError } from './kms-error.ts'
import type { KmsStatistics } from './kms-statistics.ts'

/** How patient a call is: milliseconds for each attempt, and how many attempts there are. */
export type Patience = { deadlineMs: number; attempts: number }

/** A request, and how to make a result of its answer. `read` refuses an answer that is not sound, with
 *  DATA_LOSS. */
export type Call<Answer, Result> = {
  method: MethodName
  request: KmsRequest
  read: (answer: Answer) => Result
  /** For what takes effect anew each time: an answer that was lost is the caller's to look for. */
  once?: true
}

/** What a connection is used with. */
export type CallerParts = {
  channel: Pick<KmsChannel, 'unary' | 'close'>
  patience: Patience
  statistics: KmsStatistics
  monotonic: () => number
}

/** What another attempt at once may mend: a lost connection, a slow one, or bytes changed on the way. Not
 *  RESOURCE_EXHAUSTED, which more calls would make worse. */
const transient: readonly number[] = [grpcCode.unavailable, grpcCode.deadlineExceeded, grpcCode.dataLoss]
/** What says that the service does not work, where other errors are its answer. */
const failures: readonly number[] = [...transient, grpcCode.internal, grpcCode.unknown]
const backoffMs = 50

/** What every span of KMS says (OpenTelemetry, semantic conventions for RPC). */
const rpc = { 'rpc.system': 'grpc', 'rpc.service': 'google.cloud.kms.v1.KeyManagementService' }

/**
 * Calls KMS until it has a sound answer or has tried often enough. All calls share a budget of retries; each method
 * has a breaker, so that one that fails again and again is not asked for a while, and the others are.
 */
export class Caller {
  readonly #parts: CallerParts
  readonly #budget: RetryBudget
  readonly #breakers = new Map<MethodName, Breaker>()

  constructor(parts: CallerParts) {
    this.#parts = parts
    this.#budget = new RetryBudget({ monotonic: parts.monotonic })
  }

  /** @throws KmsError; UNAVAILABLE at once while the method's breaker is open. */
  async call<Answer extends object, Result>(call: Call<Answer, Result>): Promise<Result> {
    const { statistics, monotonic } = this.#parts
    const { method } = call
    const began = monotonic()
    const breaker = this.#breaker(method)
    try {
      const result = await inSpan(`kms ${method}`, rpc, () => breaker.run(() => this.#attempt(call)))
      statistics.called({ method, outcome: 'OK', ms: monotonic() - began })
      return result
    } catch (error) {
      const failure = asKmsError(method, error)
      statistics.called({ method, outcome: failure.outcome, ms: monotonic() - began })
      throw failure
    } finally {
      statistics.breakers.set(method, breaker.state)
    }
  }

  close(): void {
    this.#parts.channel.close()
  }

  async #attempt<Answer extends object, Result>(call: Call<Answer, Result>): Promise<Result> {
    const { channel, patience, statistics } = this.#parts
    const { method, request, read, once } = call
    const attempts = once ? 1 : patience.attempts
    this.#budget.add()
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await channel.unary(method, request, patience.deadlineMs)
        statistics.answered(method, answer)
        return read(answer as Answer)
      } catch (error) {
        const failure = asKmsError(method, error)
        const mayRetry = attempt < attempts && transient.includes(failure.code)
        if (!mayRetry || !this.#budget.spend()) throw failure
        statistics.retried(method)
        // Half of it at random, so that many processes do not come back together.
        await sleep(backoffMs * 2 ** attempt * (0.5 + Math.random() / 2))
      }
    }
  }

  #breaker(method: MethodName): Breaker {
    const known = this.#breakers.get(method)
    if (known !== undefined) return known
    const { monotonic } = this.#parts
    const isFailure = (error: unknown) => error instanceof KmsError && failures.includes(error.code)
    const breaker = new Breaker({ pause: 5_000, isFailure, monotonic })
    this.#breakers.set(method, breaker)
    return breaker
  }
}

function asKmsError(method: string, error: unknown): KmsError {
  if (error instanceof KmsError) return error
  if (error instanceof OpenBreakerError)
    return new KmsError(grpcCode.unavailable, `KMS ${method}: ${error.message}`, { cause: error })
  const { code, details } = error as { code?: unknown; details?: unknown }
  if (typeof code !== 'number') throw error // a mistake of ours, not an answer
  return new KmsError(code, `KMS ${method}: ${String(details)}`, { cause: error })
}
