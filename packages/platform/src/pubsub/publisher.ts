export interface OutgoingMessage {
  /** Messages of one key arrive in the order they were published; '' is no key and no order. At most 1 KB. */
  readonly orderingKey: string
  readonly data: Buffer
  readonly attributes: Readonly<Record<string, string>>
}

/** What carries messages to topics, which are named by their ids. */
export interface Publisher {
  /** Resolves when all messages were accepted. Rejects with a `PublishError` when some may not have been; of
   *  a key, none is published after one that failed. */
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void>
  /** Makes the topic unless it is there. */
  ensureTopic(topic: string): Promise<void>
  close(): Promise<void>
}
