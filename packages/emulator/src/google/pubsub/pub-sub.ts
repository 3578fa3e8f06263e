import { notFound, StatusError } from '../rpc/status-error.ts'
import { timestampNow } from '../rpc/timestamp.ts'
import type { State } from '../state/state.ts'
import type { Table } from '../state/table.ts'
import { divertToDeadLetterTopic } from './dead-letter.ts'
import { Backlog } from './delivery/backlog.ts'
import type { Content, Message } from './message.ts'
import type { Subscription } from './subscription.ts'

export type Topic = { name: string; labels: Record<string, string> }

/** All topics and subscriptions, and the messages on their way. */
export class PubSub {
  readonly topics: Table<Topic>
  readonly #subscriptions: Table<Subscription>
  /** One row for each subscription a message has still to reach. */
  readonly #undelivered: Table<{ subscription: string; message: Message }>
  readonly #backlogs = new Map<string, Backlog>()
  #lastMessageId = 0

  constructor(state: State) {
    this.topics = state.table('pubsub.topics')
    this.#subscriptions = state.table('pubsub.subscriptions')
    this.#undelivered = state.table('pubsub.undelivered')
    for (const subscription of this.#subscriptions.values()) this.#open(subscription)
    for (const { subscription, message } of this.#undelivered.values()) {
      this.#backlogs.get(subscription)?.add(message)
      this.#lastMessageId = Math.max(this.#lastMessageId, Number(message.messageId))
    }
  }

  subscriptions(): Subscription[] {
    return [...this.#subscriptions.values()]
  }

  /** Undefined when there is none of that name. */
  subscription(name: string): Subscription | undefined {
    return this.#subscriptions.get(name)
  }

  /** The messages of a subscription. Refuses a name there is none of. */
  backlog(subscription: string): Backlog {
    const backlog = this.#backlogs.get(subscription)
    if (backlog === undefined) throw notFound(subscription)
    return backlog
  }

  addSubscription(subscription: Subscription): void {
    this.#subscriptions.set(subscription.name, subscription)
    this.#open(subscription)
  }

  /** Forgets a subscription with its messages, and ends its streams. */
  removeSubscription(name: string): void {
    this.backlog(name).close(notFound(name))
    this.#backlogs.delete(name)
    this.#subscriptions.delete(name)
    for (const [key, row] of this.#undelivered.entries()) {
      if (row.subscription === name) this.#undelivered.delete(key)
    }
  }

  /** Forgets a topic. Its subscriptions stay, with what they have, under the name the real service shows. */
  removeTopic(name: string): void {
    this.topics.delete(name)
    for (const subscription of this.subscriptions()) {
      if (subscription.topic === name) {
        this.#subscriptions.set(subscription.name, { ...subscription, topic: '_deleted-topic_' })
      }
    }
  }

  /** Stores the messages for every subscription of the topic, in order, and sends what can be sent. Gives
   *  their ids. */
  publish(topic: string, contents: readonly Content[]): string[] {
    const publishTime = timestampNow()
    const messages = contents.map((content) => ({
      ...content,
      messageId: this.#nextMessageId(),
      publishTime,
    }))
    for (const { name, topic: source } of this.subscriptions()) {
      if (source !== topic) continue
      const backlog = this.backlog(name)
      for (const message of messages) {
        this.#undelivered.set(rowKey(name, message), { subscription: name, message })
        backlog.add(message)
      }
      backlog.deliver()
    }
    return messages.map(({ messageId }) => messageId)
  }

  close(): void {
    for (const backlog of this.#backlogs.values()) {
      backlog.close(new StatusError('UNAVAILABLE', 'The emulator is stopping.'))
    }
  }

  #open(subscription: Subscription): void {
    const { name, enableMessageOrdering, deadLetterPolicy } = subscription
    const options = { ordered: enableMessageOrdering, countsAttempts: deadLetterPolicy !== null }
    const backlog = new Backlog(options, {
      settled: (message) => this.#undelivered.delete(rowKey(name, message)),
      diverted: (message, failures) => divertToDeadLetterTopic(this, subscription, { message, failures }),
    })
    this.#backlogs.set(name, backlog)
  }

  /** Numeric and never given twice, also after a restart: the clock is past every id given before. */
  #nextMessageId(): string {
    this.#lastMessageId = Math.max(this.#lastMessageId + 1, Date.now() * 1000)
    return String(this.#lastMessageId)
  }
}

function rowKey(subscription: string, message: Message): string {
  return `${subscription} ${message.messageId}`
}
