import { setTimeout as sleep } from 'node:timers/promises'
import type { KmsChannel, KmsRequest, MethodName } from './kms-channel.ts'
import { grpcCode, KmsError } from './kms-error.ts'

/** How patient a call is: milliseconds for each attempt, and how many attempts there are. */
export type Patience = { deadlineMs: number; attempts: number }

/** A request, and how to make a result of its answer. `read` refuses an answer that is not sound, with
 *  DATA_LOSS. */
export type Call<Answer, Result> = {
  method: MethodName
  request: KmsRequest
  read: (answer: Answer) => Result
}

/** What another attempt at once may mend: a lost connection, a slow one, or bytes changed on the way. Not
 *  RESOURCE_EXHAUSTED, which more calls would make worse. */
const transient: readonly number[] = [grpcCode.unavailable, grpcCode.deadlineExceeded, grpcCode.dataLoss]
const backoffMs = 50

/** Calls KMS until it has a sound answer or has tried often enough. Rejects with a `KmsError`. */
export async function call<Answer extends object, Result>(
  channel: Pick<KmsChannel, 'unary'>,
  { deadlineMs, attempts }: Patience,
  { method, request, read }: Call<Answer, Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return read((await channel.unary(method, request, deadlineMs)) as Answer)
    } catch (error) {
      const failure = asKmsError(method, error)
      if (attempt >= attempts || !transient.includes(failure.code)) throw failure
      // Half of it at random, so that many processes do not come back together.
      await sleep(backoffMs * 2 ** attempt * (0.5 + Math.random() / 2))
    }
  }
}

function asKmsError(method: string, error: unknown): KmsError {
  if (error instanceof KmsError) return error
  const { code, details } = error as { code?: unknown; details?: unknown }
  if (typeof code !== 'number') throw error // a mistake of ours, not an answer
  return new KmsError(code, `KMS ${method}: ${String(details)}`, { cause: error })
}
