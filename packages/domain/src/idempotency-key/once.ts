import type { Executor } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { findAnswer, keepAnswer, takeKey, type KeyedWrite } from './queries.ts'

/** What a caller sends so that a write happens once however often it is sent. */
export interface IdempotentRequest {
  /** The caller's own name for the write. */
  readonly key: string
  /** Method and pattern of the path. */
  readonly route: string
  /** SHA-256 of everything that decides what is done. */
  readonly requestHash: Buffer
}

export interface Once {
  readonly tenantId: string
  readonly principalId: string
  readonly request: IdempotentRequest | undefined
  readonly at: Date
  /** Whom the answer tells of: what is kept of it goes with them. */
  readonly subjectOf: (answer: unknown) => string | undefined
}

const keptFor = 24 * 3600 * 1000

/**
 * Does a write once under its Idempotency-Key, inside the transaction of the write: sent again within 24 hours, it
 * gets the same answer and nothing is done. Without a key it is simply done. What is answered is JSON, and holds no
 * secret.
 * @throws Refusal `idempotency_key_reused` when the key was used for something else.
 */
export async function once<T>(tx: Executor, input: Once, write: () => Promise<T>): Promise<T> {
  const { tenantId, principalId, request, at, subjectOf } = input
  if (request === undefined) return write()
  const { requestHash, ...named } = request
  const keyed: KeyedWrite = { tenantId, principalId, ...named }
  const expiresAt = new Date(at.getTime() + keptFor)
  if (!(await takeKey(tx, keyed, { requestHash, at, expiresAt }))) {
    const answered = await findAnswer(tx, keyed)
    if (answered?.requestHash.equals(requestHash) !== true) throw new Refusal('idempotency_key_reused')
    return answered.body as T
  }
  const answer = await write()
  await keepAnswer(tx, keyed, { body: answer, subjectId: subjectOf(answer) })
  return answer
}
