import type { KmsNumbers } from '../kms/index.ts'

type Counts = Readonly<Record<string, number>>

/** What is asked of KMS over several connections, as if over one. A method's breaker is open if any is. */
export function sumOfKmsNumbers(all: readonly KmsNumbers[]): KmsNumbers {
  return {
    calls: sum(all.map(({ calls }) => calls)),
    retries: sum(all.map(({ retries }) => retries)),
    latency: latencies(all),
    breakers: breakers(all),
    operations: sum(all.map(({ operations }) => operations)),
    versions: Object.assign({}, ...all.map(({ versions }) => versions)) as Counts,
  }
}

function sum(all: readonly Counts[]): Counts {
  const total: Record<string, number> = {}
  for (const [name, count] of all.flatMap((counts) => Object.entries(counts)))
    total[name] = (total[name] ?? 0) + count
  return total
}

function latencies(all: readonly KmsNumbers[]): KmsNumbers['latency'] {
  const total: Record<string, { sum: number; longest: number }> = {}
  for (const [method, { sum: taken, longest }] of all.flatMap(({ latency }) => Object.entries(latency))) {
    const before = total[method] ?? { sum: 0, longest: 0 }
    total[method] = { sum: before.sum + taken, longest: Math.max(before.longest, longest) }
  }
  return total
}

function breakers(all: readonly KmsNumbers[]): KmsNumbers['breakers'] {
  const states: Record<string, string> = {}
  for (const [method, state] of all.flatMap(({ breakers: mine }) => Object.entries(mine)))
    if (states[method] === undefined || state !== 'closed') states[method] = state
  return states
}
