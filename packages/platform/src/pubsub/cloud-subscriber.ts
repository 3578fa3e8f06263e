import {
  Duration,
  PubSub,
  type Message,
  type Subscription,
  SubscriptionCloseBehaviors,
} from '@google-cloud/pubsub'
import { credentials } from '@grpc/grpc-js'
import { inOrder } from './in-order.ts'
import { Outage } from './outage.ts'
import type { IncomingMessage, Listening, Subscriber } from './subscriber.ts'

const alreadyExists = 6
/** As many are worked on at once; the broker holds the rest, where other workers can have it. */
const maxMessages = 50
/** Seconds to finish in what was taken, when we end. */
const finishWithin = 8

/** Milliseconds before a listener that ended is opened again. */
const reopenAfter = 2_000
/** As long as Pub/Sub keeps any message. */
const keepFor = 31 * 86_400

const listenOptions = {
  flowControl: { maxMessages, allowExcessMessages: false },
  closeOptions: {
    behavior: SubscriptionCloseBehaviors.WaitForProcessing,
    timeout: Duration.from({ seconds: finishWithin }),
  },
}

/** Cloud Pub/Sub through the official client, which renews the deadlines of what is being worked on. */
export class CloudSubscriber implements Subscriber {
  readonly #client: PubSub

  constructor(client: PubSub) {
    this.#client = client
  }

  async ensureSubscription({ topic, subscription }: { topic: string; subscription: string }): Promise<void> {
    await unlessThere(this.#client.createTopic(topic))
    await unlessThere(
      this.#client.createSubscription(topic, subscription, {
        enableMessageOrdering: true,
        ackDeadlineSeconds: 30,
        messageRetentionDuration: keepFor,
        // Never: one that nobody asked for a month is needed as much.
        expirationPolicy: {},
      }),
    )
  }

  listen(
    name: string,
    handle: (message: IncomingMessage) => Promise<void>,
    onError: (error: unknown) => void,
  ): Listening {
    const settle = inOrder(async (message: IncomingMessage) => handle(message), onError)
    const outage = new Outage()
    let current: Subscription
    let again: NodeJS.Timeout | undefined
    let stopped = false
    // The client goes on after most errors, and ends at some that pass as well: a grant that has not spread yet.
    const open = (): void => {
      current = this.#client.subscription(name, listenOptions)
      // What it tries again by itself it calls an error only when that cannot help.
      current.on('debug', () => outage.failed())
      current.on('error', (error) => {
        outage.failed()
        onError(error)
      })
      current.on('close', () => {
        if (!stopped) again = setTimeout(open, reopenAfter)
      })
      current.on('message', (message: Message) => {
        outage.worked()
        const { data, attributes, orderingKey = '' } = message
        void settle({ data, attributes, orderingKey }).then((done) => (done ? message.ack() : message.nack()))
      })
    }
    open()
    return {
      downFor: () => outage.seconds,
      stop: async () => {
        stopped = true
        clearTimeout(again)
        await current.close()
      },
    }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}

async function unlessThere(making: Promise<unknown>): Promise<void> {
  await making.catch((error: { code?: unknown }) => {
    if (error.code !== alreadyExists) throw error
  })
}

/** Connects to `endpoint` in plaintext and without credentials, or to Cloud Pub/Sub as the process's own identity. */
export function openPubSub(projectId: string, endpoint: string | undefined): PubSub {
  if (endpoint === undefined) return new PubSub({ projectId })
  const { hostname, port } = new URL(`http://${endpoint}`)
  return new PubSub({
    projectId,
    apiEndpoint: `${hostname}:${port}`,
    emulatorMode: true,
    sslCreds: credentials.createInsecure(),
  })
}
