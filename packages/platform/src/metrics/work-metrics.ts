import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { KmsNumbers } from '../kms/index.ts'
import { kmsFamilies } from './kms-families.ts'
import { addFamily } from './metric-family.ts'
import { sumOfKmsNumbers } from './sum-of-kms-numbers.ts'

/** From what a nudge takes to what an outage does: the promise is five seconds. */
const lagBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800]

/** What a process without requests tells of its work, in the text format of Prometheus. */
export class WorkMetrics {
  readonly #registry = new Registry()
  readonly #kms: { numbers(): KmsNumbers }[] = []
  readonly #lag = new Histogram({
    name: 'iam_outbox_lag_seconds',
    help: 'How long events waited from what they tell of until the broker had taken them.',
    buckets: lagBuckets,
    registers: [this.#registry],
  })
  readonly #sent = new Counter({
    name: 'messaging_client_sent_messages_total',
    help: 'Messages that were sent, by topic, and by the gRPC code where the broker did not take them.',
    labelNames: ['messaging_destination_name', 'error_type'] as const,
    registers: [this.#registry],
  })
  readonly #received = new Counter({
    name: 'iam_inbox_messages_total',
    help: 'Messages of other services, by what they tell of and what became of them.',
    labelNames: ['subject', 'outcome'] as const,
    registers: [this.#registry],
  })
  readonly #mails = new Counter({
    name: 'iam_mails_total',
    help: 'Tries to send a mail, by how they ended.',
    labelNames: ['outcome'] as const,
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
    const numbers = () => sumOfKmsNumbers(this.#kms.map((kms) => kms.numbers()))
    for (const family of kmsFamilies({ numbers })) addFamily(this.#registry, family)
  }

  /** Counts what is asked over one more connection to KMS. */
  follow(kms: { numbers(): KmsNumbers }): void {
    this.#kms.push(kms)
  }

  /** @param seconds from what the event tells of. */
  published(topic: string, seconds: number): void {
    this.#sent.inc({ messaging_destination_name: topic, error_type: '' })
    this.#lag.observe(Math.max(0, seconds))
  }

  notPublished(topic: string, code: number): void {
    this.#sent.inc({ messaging_destination_name: topic, error_type: String(code) })
  }

  /** @param subject one that is known here, never what a message says of itself. */
  received(subject: string, outcome: string): void {
    this.#received.inc({ subject, outcome })
  }

  mail(outcome: 'sent' | 'failed'): void {
    this.#mails.inc({ outcome })
  }

  /** Everything, in the text format of Prometheus. */
  async text(): Promise<string> {
    return this.#registry.metrics()
  }
}
