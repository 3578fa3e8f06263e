import type { ServerDuplexStream } from '@grpc/grpc-js'
import { invalidArgument } from '../rpc/status-error.ts'
import type { Backlog } from './delivery/backlog.ts'
import { Receiver } from './delivery/receiver.ts'
import type { ReceivedMessage } from './message.ts'
import type { PubSub } from './pub-sub.ts'
import { requireBetween } from './subscription.ts'

type StreamingPullRequest = {
  subscription: string
  ackIds: string[]
  modifyDeadlineAckIds: string[]
  modifyDeadlineSeconds: number[]
  streamAckDeadlineSeconds: number
  /** 64-bit numbers, as text; 0 or less is no limit. */
  maxOutstandingMessages: string
  maxOutstandingBytes: string
  /** From 1 on the client wants an answer to each of its pings, or takes the stream for dead. */
  protocolVersion: string
}

type Stream = ServerDuplexStream<StreamingPullRequest, object>

/** What the first request set up. */
type Opened = { backlog: Backlog; receiver: Receiver; answersPings: boolean; ordered: boolean }

/** Serves one stream: its first request opens it, later ones settle messages or just ping. */
export class StreamingPull {
  readonly #pubSub: PubSub
  readonly #stream: Stream
  #open: Opened | undefined

  constructor(pubSub: PubSub, stream: Stream) {
    this.#pubSub = pubSub
    this.#stream = stream
    stream.on('data', (request: StreamingPullRequest) => this.#receive(request))
    stream.on('drain', () => this.#resume())
    stream.on('cancelled', () => this.#detach())
    stream.on('end', () => {
      this.#detach()
      stream.end()
    })
  }

  #receive(request: StreamingPullRequest): void {
    try {
      if (this.#open === undefined) this.#begin(request)
      else this.#continue(this.#open, request)
    } catch (error) {
      this.#detach()
      this.#stream.emit('error', error)
    }
  }

  #begin(request: StreamingPullRequest): void {
    const backlog = this.#pubSub.backlog(request.subscription)
    requireBetween('stream_ack_deadline_seconds', request.streamAckDeadlineSeconds, [10, 600])
    const limits = {
      maxMessages: limitOf(request.maxOutstandingMessages),
      maxBytes: limitOf(request.maxOutstandingBytes),
    }
    const outlet = {
      send: (batch: ReceivedMessage[]) => this.#send(batch),
      fail: (error: Error) => void this.#stream.emit('error', error),
    }
    const receiver = new Receiver(outlet, limits, request.streamAckDeadlineSeconds)
    const ordered = this.#pubSub.subscription(request.subscription)?.enableMessageOrdering ?? false
    this.#open = { backlog, receiver, ordered, answersPings: Number(request.protocolVersion) >= 1 }
    if (this.#stream.cancelled) return
    backlog.attach(receiver)
  }

  #continue(open: Opened, request: StreamingPullRequest): void {
    if (request.subscription !== '')
      throw invalidArgument('Only the first request may name the subscription.')
    if (request.modifyDeadlineAckIds.length !== request.modifyDeadlineSeconds.length) {
      throw invalidArgument('modify_deadline_ack_ids and modify_deadline_seconds differ in length.')
    }
    if (request.streamAckDeadlineSeconds !== 0) {
      requireBetween('stream_ack_deadline_seconds', request.streamAckDeadlineSeconds, [10, 600])
      open.receiver.leaseSeconds = request.streamAckDeadlineSeconds
    }
    for (const ackId of request.ackIds) open.backlog.acknowledge(ackId)
    for (const [index, ackId] of request.modifyDeadlineAckIds.entries()) {
      const seconds = request.modifyDeadlineSeconds[index] ?? 0
      requireBetween('modify_deadline_seconds', seconds, [0, 600])
      open.backlog.modifyDeadline(ackId, seconds)
    }
    open.backlog.deliver()
    if (open.answersPings) this.#send([])
  }

  /** False when the connection is full: that is HTTP/2's flow control, beneath that of the subscription. */
  #send(receivedMessages: ReceivedMessage[]): boolean {
    const subscriptionProperties = {
      exactlyOnceDeliveryEnabled: false,
      messageOrderingEnabled: this.#open?.ordered ?? false,
    }
    return this.#stream.write({ receivedMessages, subscriptionProperties })
  }

  #resume(): void {
    this.#open?.receiver.resume()
    this.#open?.backlog.deliver()
  }

  #detach(): void {
    if (this.#open !== undefined) this.#open.backlog.detach(this.#open.receiver)
  }
}

function limitOf(given: string): number {
  return Number(given) > 0 ? Number(given) : Number.POSITIVE_INFINITY
}
