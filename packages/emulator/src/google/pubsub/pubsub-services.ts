import { loadDefinition } from '../rpc/load-definition.ts'
import type { Service } from '../rpc/rpc-service.ts'
import type { State } from '../state/state.ts'
import { PubSub } from './pub-sub.ts'
import { publish } from './publish.ts'
import { pull } from './pull.ts'
import { acknowledge, modifyAckDeadline } from './settle.ts'
import { StreamingPull } from './streaming-pull.ts'
import {
  createSubscription,
  deleteSubscription,
  getSubscription,
  listSubscriptions,
} from './subscriptions.ts'
import { createTopic, deleteTopic, getTopic, listTopics } from './topics.ts'

/** Pub/Sub v1, as far as the project uses it: topics and publishing, subscriptions and receiving. */
export function pubSubServices(state: State): Service[] {
  const pubSub = new PubSub(state)
  return [publisher(pubSub), subscriber(pubSub)]
}

function publisher(pubSub: PubSub): Service {
  return {
    name: 'Publisher',
    definition: loadDefinition('@google-cloud/pubsub', 'google.pubsub.v1.Publisher'),
    unary: {
      CreateTopic: (request) => createTopic(pubSub, request),
      GetTopic: (request) => getTopic(pubSub, request),
      ListTopics: (request) => listTopics(pubSub, request),
      DeleteTopic: (request) => deleteTopic(pubSub, request),
      Publish: (request) => publish(pubSub, request),
    },
    streaming: {},
  }
}

function subscriber(pubSub: PubSub): Service {
  return {
    name: 'Subscriber',
    definition: loadDefinition('@google-cloud/pubsub', 'google.pubsub.v1.Subscriber'),
    unary: {
      CreateSubscription: (request) => createSubscription(pubSub, request),
      GetSubscription: (request) => getSubscription(pubSub, request),
      ListSubscriptions: (request) => listSubscriptions(pubSub, request),
      DeleteSubscription: (request) => deleteSubscription(pubSub, request),
      Pull: (request, call) => pull(pubSub, request, call),
      Acknowledge: (request) => acknowledge(pubSub, request),
      ModifyAckDeadline: (request) => modifyAckDeadline(pubSub, request),
    },
    streaming: { StreamingPull: (stream) => void new StreamingPull(pubSub, stream) },
    close: () => pubSub.close(),
  }
}
