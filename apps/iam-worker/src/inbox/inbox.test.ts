import { inboxDeadLetterTopic, inboxSubscriptions } from '@iam/domain/inbox'
import { newId } from '@iam/domain/kit'
import { type GoogleEmulator, startGoogleEmulator } from '@iam/emulator/google'
import {
  type IncomingMessage,
  type Listening,
  openPublisher,
  openSubscriber,
  type Publisher,
  type Subscriber,
} from '@iam/platform/pubsub'
import { WorkMetrics } from '@iam/platform/metrics'
import { type NewSpan, startSpan, Tracing } from '@iam/platform/telemetry'
import { openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { consumedEvents } from './consumed-events.ts'
import type { InboxDeps } from './inbox-deps.ts'
import { readMessage } from './read-message.ts'
import { takeIn } from './take-in.ts'

const namespace = 'hotels'

describe('the inbox', () => {
  let world: World
  let emulator: GoogleEmulator
  let publisher: Publisher
  let subscriber: Subscriber
  const listenings: Listening[] = []
  const putAside: IncomingMessage[] = []
  const logged: object[] = []
  const spans: NewSpan[] = []
  const tracing = new Tracing()
  tracing.record({
    start: (span) => {
      spans.push(span)
      return startSpan(span.parent)
    },
    close: async () => undefined,
  })
  const metrics = new WorkMetrics()
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    emulator = await startGoogleEmulator()
    const options = { projectId: 'local', endpoint: `127.0.0.1:${emulator.port}` }
    publisher = await openPublisher(options)
    subscriber = await openSubscriber(options)
    const dead = { topic: inboxDeadLetterTopic(namespace), subscription: 'the-dead' }
    await subscriber.ensureSubscription(dead)
    listen(dead.subscription, async (message) => void putAside.push(message))
    for (const wanted of inboxSubscriptions(namespace, 'local')) {
      await subscriber.ensureSubscription(wanted)
      listen(wanted.subscription, (message) => takeIn(deps(), message))
    }
  })
  afterAll(async () => {
    for (const listening of listenings) await listening.stop()
    await subscriber.close()
    await publisher.close()
    await emulator.stop()
    await world.close()
  })

  function listen(subscription: string, handle: (message: IncomingMessage) => Promise<void>): void {
    listenings.push(subscriber.listen(subscription, handle, () => undefined))
  }

  const log = (fields: object) => void logged.push(fields)
  const deps = (): InboxDeps => ({
    db: world.workerDb,
    clock: world.clock,
    secrets: world.secrets,
    region: 'local',
    audience: 'https://api.example',
    namespace,
    publisher,
    tracing,
    metrics,
    onPutAside: () => undefined,
    log: { info: log, warn: log, error: log },
  })

  interface Told {
    readonly name: string
    readonly tenantId: string
    readonly sequence?: number
    readonly payload: unknown
    readonly eventId?: string
  }

  const envelope = ({ name, eventId = newId('evt', world.clock()), ...rest }: Told) => ({
    eventId,
    subject: `${namespace}.${name}`,
    occurredAt: world.clock().toISOString(),
    traceparent: world.origin.traceparent,
    ...rest,
  })

  async function tell(told: Told, body: unknown = envelope(told)): Promise<void> {
    const { name, tenantId } = told
    const topic = `${namespace}.${name.split('.').slice(0, 2).join('.')}.v1`
    const data = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const attributes = { subject: `${namespace}.${name}` }
    await publisher.publish(topic, [{ orderingKey: `${tenantId}:${tenantId}`, data, attributes }])
  }

  const newTenant = () => newId('ten', world.clock())
  let slugs = 0
  const creation = (tenantId: string): Told => {
    slugs += 1
    const payload = { slug: `inbox-${slugs}`, name: 'Grischuna', region: 'local' }
    return { name: 'tenant.tenant.created.v1', tenantId, sequence: 1, payload }
  }
  const statusOf = async (tenantId: string) =>
    (
      await world.admin
        .selectFrom('iam.directory')
        .select('status')
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
    )?.status
  const reasonsFor = (tenantId: string) =>
    putAside
      .filter(({ orderingKey }) => orderingKey.startsWith(tenantId))
      .map(({ attributes }) => attributes['reason'])

  test('every event that is acted upon comes on a topic that is listened to', () => {
    const topics = inboxSubscriptions(namespace, 'local').map(({ topic }) => topic)
    const entities = Object.keys(consumedEvents).map((name) => name.split('.').slice(0, 2).join('.'))
    expect(new Set(entities.map((entity) => `${namespace}.${entity}.v1`))).toEqual(new Set(topics))
  })

  test('a tenant begins, is suspended and let in again', async () => {
    const tenantId = newTenant()
    await tell(creation(tenantId))
    await expect.poll(() => statusOf(tenantId)).toBe('active')
    await tell({ name: 'tenant.tenant.suspended.v1', tenantId, sequence: 2, payload: { reason: 'unpaid' } })
    await expect.poll(() => statusOf(tenantId)).toBe('suspended')
    const payload = { name: 'Grischuna AG', status: 'active' }
    await tell({ name: 'tenant.tenant.updated.v1', tenantId, sequence: 3, payload })
    await expect.poll(() => statusOf(tenantId)).toBe('active')
    const told = await world.admin
      .selectFrom('iam.tenant')
      .select('name')
      .where('tenant_id', '=', tenantId)
      .executeTakeFirst()
    expect(told?.name).toBe('Grischuna AG')
  })

  test('C252: an event without a number has its place by its time, and hides none that are numbered', async () => {
    const tenantId = newTenant()
    await tell(creation(tenantId))
    await expect.poll(() => statusOf(tenantId)).toBe('active')
    const later = (seconds: number) => new Date(world.clock().getTime() + seconds * 1000).toISOString()
    const unnumbered = { name: 'tenant.tenant.suspended.v1', tenantId, payload: {} }
    await tell(unnumbered, { ...envelope(unnumbered), occurredAt: later(1) })
    await expect.poll(() => statusOf(tenantId)).toBe('suspended')
    const payload = { name: 'Grischuna', status: 'active' }
    const numbered = { name: 'tenant.tenant.updated.v1', tenantId, sequence: 2, payload }
    await tell(numbered, { ...envelope(numbered), occurredAt: later(2) })
    await expect.poll(() => statusOf(tenantId)).toBe('active')
  })

  test('C252: a suspension that comes before the tenant waits for it', async () => {
    const tenantId = newTenant()
    await tell({ name: 'tenant.tenant.suspended.v1', tenantId, sequence: 2, payload: {} })
    const { name, payload } = creation(tenantId)
    const elsewhere = { orderingKey: `${tenantId}:other`, attributes: { subject: `${namespace}.${name}` } }
    const data = Buffer.from(JSON.stringify(envelope({ name, tenantId, sequence: 1, payload })))
    await publisher.publish(`${namespace}.tenant.tenant.v1`, [{ ...elsewhere, data }])
    await expect.poll(() => statusOf(tenantId)).toBe('suspended')
    expect(reasonsFor(tenantId)).toEqual([])
  })

  test('C253: what waited a day for a tenant is put aside, and does not hold back what follows', async () => {
    const tenantId = newTenant()
    const told = { name: 'tenant.tenant.suspended.v1', tenantId, sequence: 9, payload: {} }
    const occurredAt = new Date(world.clock().getTime() - 86_400_000).toISOString()
    await tell(told, { ...envelope(told), occurredAt })
    await tell(creation(tenantId))
    await expect.poll(() => statusOf(tenantId)).toBe('active')
    expect(reasonsFor(tenantId)).toEqual([expect.stringMatching(/tenant_unknown/)])
  })

  test('a person is erased, and what we tell of it names the event that asked', async () => {
    const person = await world.admin
      .selectFrom('iam.user')
      .select(['tenant_id', 'id'])
      .where('tenant_id', '=', world.globex)
      .executeTakeFirstOrThrow()
    const eventId = newId('evt', world.clock())
    const { tenant_id: tenantId, id: userId } = person
    await tell({ name: 'gdpr.erasure.requested.v1', tenantId, payload: { userId }, eventId })
    const told = () =>
      world.admin
        .selectFrom('iam.outbox')
        .select(['causation_id', 'correlation_id'])
        .where('type', '=', 'user.erased')
        .where('ordering_key', '=', `${tenantId}:${userId}`)
        .execute()
    await expect.poll(told).toEqual([{ causation_id: eventId, correlation_id: eventId }])
  })

  test('C253: what can never be taken is put aside with its reason, and does not hold back what follows', async () => {
    const tenantId = newTenant()
    const told = creation(tenantId)
    const bad: [unknown, RegExp][] = [
      ['{', /no JSON object/],
      ['"text"', /no JSON object/],
      [{ ...envelope(told), payload: { ...(told.payload as object), slug: 'Not A Slug' } }, /payload\.slug/],
      [{ ...envelope(told), tenantId: 'acme' }, /tenantId/],
      [{ ...envelope(told), eventId: 7 }, /eventId/],
      [{ ...envelope(told), occurredAt: 'yesterday' }, /occurredAt/],
      [{ ...envelope(told), payload: { ...(told.payload as object), slug: 'acme' } }, /slug_taken/],
      // Text to JSON, and none to Postgres.
      [{ ...envelope(told), payload: { ...(told.payload as object), name: 'a\u0000b' } }, /database.*22021/],
    ]
    for (const [body] of bad) await tell(told, body)
    await tell({ ...told, name: 'tenant.tenant.created.v2' })
    await tell({ ...told, name: 'tenant.tenant.audited.v1' })
    await tell(told)
    await expect.poll(() => statusOf(tenantId)).toBe('active')
    const reasons = reasonsFor(tenantId)
    expect(reasons).toHaveLength(bad.length + 1)
    for (const [index, [, reason]] of bad.entries()) expect(reasons[index]).toMatch(reason)
    expect(reasons.at(-1)).toMatch(/version/)
  })

  test('what is put aside, and the log, tell which member is wrong and never its value, as spans and metrics do not', async () => {
    const tenantId = newTenant()
    const payload = { slug: 'canary-slug', name: 7, region: 'canary region' }
    await tell({ name: 'tenant.tenant.created.v1', tenantId, payload })
    await expect
      .poll(() => reasonsFor(tenantId))
      .toEqual(['Not as its subject promises: payload.name (invalid_type), payload.region (invalid_format)'])
    const told = {
      ...creation(newTenant()),
      payload: { slug: 'canary-hotel', name: 'canary', region: 'local' },
    }
    await tell(told)
    await expect.poll(() => statusOf(told.tenantId)).toBe('active')
    const taken = `iam_inbox_messages_total{subject="${namespace}.tenant.tenant.created.v1",outcome="applied"}`
    await expect.poll(() => metrics.text()).toContain(taken)
    expect(spans).not.toEqual([])
    const said = [JSON.stringify(logged), JSON.stringify(spans), await metrics.text()].join('\n')
    expect(said).not.toContain('canary')
  })

  test('a message larger than any event is refused unread', () => {
    const data = Buffer.from(JSON.stringify({ subject: 'hotels.x', filler: 'x'.repeat(300_000) }))
    expect(readMessage({ data, orderingKey: '', attributes: {} }, namespace)).toMatchObject({ is: 'refused' })
  })

  test.each(['constructor', '__proto__', 'toString'])('C253: the subject %s is of no interest', (name) => {
    const message = { orderingKey: '', attributes: { subject: `${namespace}.${name}` } }
    expect(readMessage({ ...message, data: Buffer.from('{}') }, namespace)).toMatchObject({ is: 'ignored' })
  })

  test('what is newer than we know is taken: more members, in the envelope and in the payload', async () => {
    const tenantId = newTenant()
    const told = creation(tenantId)
    const payload = { ...(told.payload as object), stars: 5 }
    await tell(told, { ...envelope({ ...told, payload }), shard: 3 })
    await expect.poll(() => statusOf(tenantId)).toBe('active')
  })
})
