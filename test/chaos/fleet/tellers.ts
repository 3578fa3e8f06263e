import { newId } from '@iam/domain/kit'
import { retrying } from '@iam/platform/lifecycle'
import type { OutgoingMessage, Publisher } from '@iam/platform/pubsub'
import type { Seeded } from './seeded.ts'

interface Telling {
  readonly publisher: Pick<Publisher, 'publish'>
  readonly namespace: string
  readonly region: string
  readonly chance: Seeded
}

/** A tenant as another service tells of it: what has become of it once everything was taken in. */
export interface Told {
  readonly tenantId: string
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended'
  /** What is told, each once. */
  readonly events: number
}

/** Another service: tells of tenants in any order, many things twice, and now and then nonsense. */
export class Tellers {
  readonly #telling: Telling
  readonly told: Told[] = []
  /** The ordering keys of messages that can never be taken. */
  readonly nonsense: string[] = []

  constructor(telling: Telling) {
    this.#telling = telling
  }

  /** Tells of one more tenant's beginning and of what became of it. */
  async tell(): Promise<void> {
    const { chance } = this.#telling
    const tenantId = newId('ten', new Date())
    const names = 1 + chance.below(4)
    const story = this.#story(tenantId, names)
    const ordered = chance.fraction() < 0.5
    // Without a key the broker promises no order: nor do we.
    const messages = ordered
      ? story.map((message) => ({ ...message, orderingKey: `${tenantId}:${tenantId}` }))
      : chance.shuffled([...story, ...story.filter(() => chance.fraction() < 0.3)])
    await this.#publish(messages)
    if (chance.fraction() < 0.2) await this.#tellNonsense()
  }

  #story(tenantId: string, names: number): OutgoingMessage[] {
    const { region, chance } = this.#telling
    const slug = `told-${this.told.length}`
    const status = chance.pick(['active', 'suspended'])
    const told = [
      { verb: 'created', payload: { slug, name: 'first', region } },
      ...Array.from({ length: names }, (_, n) => ({ verb: 'updated', payload: { name: `name ${n}` } })),
      { verb: 'suspended', payload: {} },
      ...(status === 'active' ? [{ verb: 'updated', payload: { status } }] : []),
    ]
    this.told.push({ tenantId, slug, name: `name ${names - 1}`, status, events: told.length })
    return told.map(({ verb, payload }, n) => this.#message({ tenantId, verb, payload, sequence: n + 1 }))
  }

  async #tellNonsense(): Promise<void> {
    const tenantId = newId('ten', new Date())
    const message = this.#message({ tenantId, verb: 'created', payload: { slug: 'No Slug' }, sequence: 1 })
    this.nonsense.push(tenantId)
    await this.#publish([{ ...message, orderingKey: tenantId }])
  }

  /** Until it is accepted: what was, and was not answered, comes twice. */
  async #publish(messages: readonly OutgoingMessage[]): Promise<void> {
    const { publisher, namespace } = this.#telling
    const topic = `${namespace}.tenant.tenant.v1`
    await retrying(() => publisher.publish(topic, messages), { onError: () => undefined })
  }

  #message(about: { tenantId: string; verb: string; payload: object; sequence: number }): OutgoingMessage {
    const { verb, ...rest } = about
    const subject = `${this.#telling.namespace}.tenant.tenant.${verb}.v1`
    const occurredAt = new Date().toISOString()
    const body = { eventId: newId('evt', new Date()), subject, occurredAt, ...rest }
    return { orderingKey: '', attributes: { subject }, data: Buffer.from(JSON.stringify(body)) }
  }
}
