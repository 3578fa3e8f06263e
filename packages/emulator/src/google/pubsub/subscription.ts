import { invalidArgument, notEmulated } from '../rpc/status-error.ts'

/** `google.pubsub.v1.DeadLetterPolicy`. */
export type DeadLetterPolicy = { deadLetterTopic: string; maxDeliveryAttempts: number }

/** A subscription as it is stored and shown. */
export type Subscription = {
  name: string
  topic: string
  ackDeadlineSeconds: number
  enableMessageOrdering: boolean
  deadLetterPolicy: DeadLetterPolicy | null
  labels: Record<string, string>
  /** Shown as given. Messages are kept until they are settled, and a refused one comes again at once. */
  messageRetentionDuration: object | null
  expirationPolicy: object | null
  retryPolicy: object | null
}

/** `google.pubsub.v1.Subscription` as a request to make one. */
export type SubscriptionRequest = Subscription & {
  pushConfig: { pushEndpoint: string } | null
  bigqueryConfig: object | null
  cloudStorageConfig: object | null
  filter: string
  enableExactlyOnceDelivery: boolean
  retainAckedMessages: boolean
  messageTransforms: object[]
}

/** The subscription that is asked for, with the service's defaults. Refuses values out of range, and every
 *  wish that would change what is delivered and that is not emulated. */
export function readSubscription(request: SubscriptionRequest): Subscription {
  refuseWhatIsNotEmulated(request)
  const { name, topic, enableMessageOrdering, labels } = request
  const { messageRetentionDuration, expirationPolicy, retryPolicy } = request
  const ackDeadlineSeconds = orDefault(request.ackDeadlineSeconds, 10)
  requireBetween('ack_deadline_seconds', ackDeadlineSeconds, [10, 600])
  const kept = { labels, messageRetentionDuration, expirationPolicy, retryPolicy }
  const deadLetterPolicy = readDeadLetterPolicy(request.deadLetterPolicy)
  return { name, topic, ackDeadlineSeconds, enableMessageOrdering, deadLetterPolicy, ...kept }
}

/** Refuses a number outside the range, both ends of which are allowed. */
export function requireBetween(field: string, value: number, [least, most]: readonly [number, number]): void {
  if (value < least || value > most) throw invalidArgument(`${field} must be between ${least} and ${most}.`)
}

function readDeadLetterPolicy(policy: DeadLetterPolicy | null): DeadLetterPolicy | null {
  if (policy === null || policy.deadLetterTopic === '') return null
  const maxDeliveryAttempts = orDefault(policy.maxDeliveryAttempts, 5)
  requireBetween('max_delivery_attempts', maxDeliveryAttempts, [5, 100])
  return { deadLetterTopic: policy.deadLetterTopic, maxDeliveryAttempts }
}

/** Protobuf cannot tell 0 from unset. */
function orDefault(value: number, byDefault: number): number {
  return value === 0 ? byDefault : value
}

function refuseWhatIsNotEmulated(request: SubscriptionRequest): void {
  if (request.pushConfig !== null && request.pushConfig.pushEndpoint !== '')
    throw notEmulated('push subscriptions')
  if (request.bigqueryConfig != null) throw notEmulated('BigQuery subscriptions')
  if (request.cloudStorageConfig != null) throw notEmulated('Cloud Storage subscriptions')
  if (request.filter !== '') throw notEmulated('subscription filters')
  if (request.enableExactlyOnceDelivery) throw notEmulated('exactly-once delivery')
  if (request.retainAckedMessages) throw notEmulated('retaining acknowledged messages')
  if (request.messageTransforms.length > 0) throw notEmulated('message transforms')
}
