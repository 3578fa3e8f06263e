/** What other services tell of that we act upon. */
const entities = ['tenant.tenant', 'tenant.membership', 'gdpr.erasure'] as const

/** Where messages of other services come in, by topic: one for each entity, shared by all workers. */
export function inboxSubscriptions(
  namespace: string,
): { readonly topic: string; readonly subscription: string }[] {
  return entities.map((entity) => {
    const topic = `${namespace}.${entity}.v1`
    return { topic, subscription: `iam-worker.${topic}` }
  })
}

/** Where messages go that can never be taken, each with its reason. */
export function inboxDeadLetterTopic(namespace: string): string {
  return `${namespace}.iam.inbox-dead-letter.v1`
}
