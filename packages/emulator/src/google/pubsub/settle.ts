import { invalidArgument } from '../rpc/status-error.ts'
import type { PubSub } from './pub-sub.ts'
import { requireBetween } from './subscription.ts'

type AcknowledgeRequest = { subscription: string; ackIds: string[] }

/** Settles deliveries. Ack ids that have expired are ignored, as by the real service without exactly-once
 *  delivery. */
export function acknowledge(pubSub: PubSub, { subscription, ackIds }: AcknowledgeRequest): object {
  const backlog = pubSub.backlog(subscription)
  if (ackIds.length === 0) throw invalidArgument('No ack ids specified.')
  for (const ackId of ackIds) backlog.acknowledge(ackId)
  backlog.deliver()
  return {}
}

type ModifyAckDeadlineRequest = { subscription: string; ackIds: string[]; ackDeadlineSeconds: number }

/** Moves the deadlines of deliveries to 0 to 600 seconds from now; 0 refuses them, so they come again. */
export function modifyAckDeadline(pubSub: PubSub, request: ModifyAckDeadlineRequest): object {
  const backlog = pubSub.backlog(request.subscription)
  if (request.ackIds.length === 0) throw invalidArgument('No ack ids specified.')
  requireBetween('ack_deadline_seconds', request.ackDeadlineSeconds, [0, 600])
  for (const ackId of request.ackIds) backlog.modifyDeadline(ackId, request.ackDeadlineSeconds)
  return {}
}
