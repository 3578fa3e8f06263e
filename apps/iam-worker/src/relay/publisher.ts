/** What carries events out. One call is one topic's messages, which arrive in the order given, for each key. */
export interface Publisher {
  /** Resolves when all were accepted. Rejects when any may not have been: all are published again then. */
  publish(
    topic: string,
    messages: readonly {
      readonly orderingKey: string
      readonly data: Buffer
      readonly attributes: Record<string, string>
    }[],
  ): Promise<void>
}
