/** What other services tell of that we act upon. */
const entities = ['tenant.tenant', 'tenant.membership', 'gdpr.erasure', 'gdpr.export'] as const

/** Where messages of other services come in, by topic: one for each entity, shared by all workers of a region. */
export function inboxSubscriptions(
  namespace: string,
  region: string,
): { readonly topic: string; readonly subscription: string }[] {
  return entities.map((entity) => {
    const topic = `${namespace}.${entity}.v1`
    return { topic, subscription: `iam-worker.${region}.${topic}` }
  })
}

/** Where messages go that can never be taken, each with its reason. */
export function inboxDeadLetterTopic(namespace: string): string {
  return `${namespace}.iam.inbox-dead-letter.v1`
}

/** Where they are kept until an operator looks at them. */
export function inboxDeadLetterSubscription(namespace: string): {
  readonly topic: string
  readonly subscription: string
} {
  const topic = inboxDeadLetterTopic(namespace)
  return { topic, subscription: `iam-operator.${topic}` }
}

/** The topic that an event of ours to take in came by. @returns undefined for a subject that is none. */
export function inboxTopicOf(namespace: string, subject: string): string | undefined {
  const entity = entities.find((one) => subject.startsWith(`${namespace}.${one}.`))
  return entity === undefined ? undefined : `${namespace}.${entity}.v1`
}
