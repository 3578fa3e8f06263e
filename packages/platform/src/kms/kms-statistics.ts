import type { MethodName } from './kms-channel.ts'

/** A call that has ended. */
export type EndedCall = {
  readonly method: MethodName
  /** `OK`, or the name of the gRPC code, or `REFUSED` while the breaker is open. */
  readonly outcome: string
  readonly ms: number
}

/** Numbers since the process began, by what they are of. */
export interface KmsNumbers {
  /** Calls by `method outcome`. */
  readonly calls: Readonly<Record<string, number>>
  readonly retries: Readonly<Record<string, number>>
  /** Milliseconds by method: their sum over all calls, and the longest. */
  readonly latency: Readonly<Record<string, { readonly sum: number; readonly longest: number }>>
  readonly breakers: Readonly<Record<string, string>>
  /** What Cloud KMS charges for: operations that it answered, by `protection level method`. */
  readonly operations: Readonly<Record<string, number>>
  /** And the versions that there were when they were last listed, by `protection level state`. */
  readonly versions: Readonly<Record<string, number>>
}

/** What this process asks of KMS, counted: for metrics, and for a summary in the log until there are any. */
export class KmsStatistics {
  readonly breakers = new Map<string, string>()
  readonly #calls = new Map<string, number>()
  readonly #retries = new Map<string, number>()
  readonly #latency = new Map<string, { sum: number; longest: number }>()
  readonly #operations = new Map<string, number>()
  readonly #versions = new Map<string, ReadonlyMap<string, number>>()

  called({ method, outcome, ms }: EndedCall): void {
    count(this.#calls, `${method} ${outcome}`)
    const { sum, longest } = this.#latency.get(method) ?? { sum: 0, longest: 0 }
    this.#latency.set(method, { sum: sum + ms, longest: Math.max(longest, ms) })
  }

  retried(method: MethodName): void {
    count(this.#retries, method)
  }

  /** An answer costs, whether it is sound or not. Most say which protection level did the work. */
  answered(method: MethodName, answer: object): void {
    const { protectionLevel } = answer as { protectionLevel?: string }
    count(this.#operations, `${protectionLevel ?? 'ANY'} ${method}`)
  }

  /** The versions of one key, in place of what was known of it. */
  listed(
    keyName: string,
    versions: readonly { readonly protectionLevel: string; readonly state: string }[],
  ): void {
    const counts = new Map<string, number>()
    for (const { protectionLevel, state } of versions) count(counts, `${protectionLevel} ${state}`)
    this.#versions.set(keyName, counts)
  }

  numbers(): KmsNumbers {
    const versions = new Map<string, number>()
    for (const counts of this.#versions.values()) {
      for (const [name, number] of counts) count(versions, name, number)
    }
    return {
      calls: Object.fromEntries(this.#calls),
      retries: Object.fromEntries(this.#retries),
      latency: Object.fromEntries(this.#latency),
      breakers: Object.fromEntries(this.breakers),
      operations: Object.fromEntries(this.#operations),
      versions: Object.fromEntries(versions),
    }
  }
}

function count(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}
