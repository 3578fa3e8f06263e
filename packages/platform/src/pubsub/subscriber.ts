/** A message as it came in. */
export interface IncomingMessage {
  /** Empty for a message without one. */
  readonly orderingKey: string
  readonly data: Buffer
  readonly attributes: Readonly<Record<string, string>>
}

/** Messages of one subscription, as they come. */
export interface Listening {
  /** Seconds for which the broker has not let us listen; 0 while it does. */
  readonly downFor: () => number
  /** Takes no more; resolves when what was taken is done with. */
  readonly stop: () => Promise<void>
}

/** Takes messages in from a broker that brings each of them at least once. */
export interface Subscriber {
  /** Makes the subscription and its topic where they are missing: in production they are there. */
  ensureSubscription(wanted: { readonly topic: string; readonly subscription: string }): Promise<void>
  /**
   * Hands over what comes, the messages of one key one after the other. A message is done with when `handle`
   * resolves; when it rejects, that one and what waits behind it under the same key come again.
   * @param onError hears of every rejection, and of what goes wrong between here and the broker.
   */
  listen(
    subscription: string,
    handle: (message: IncomingMessage) => Promise<void>,
    onError: (error: unknown) => void,
  ): Listening
  close(): Promise<void>
}
