import { newId } from '@iam/domain/kit'
import { toMessage, type OutboxRow } from '@iam/domain/outbox'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { openWorld } from '../world/index.ts'
import { eventFaults } from './index.ts'

const now = new Date('2026-11-21T10:00:00Z')
const [tenantId, userId] = [newId('ten', now), newId('usr', now)]

const row: OutboxRow = {
  xid: '1',
  id: '1',
  tenantId,
  eventId: newId('evt', now),
  type: 'user.login_failed',
  version: 1,
  occurredAt: now,
  orderingKey: `${tenantId}:${userId}`,
  sequence: '1',
  payload: { userId, reason: 'invalid_credentials' },
  traceparent: null,
  correlationId: null,
  causationId: null,
  retentionClass: 'security',
}
const message = (changes: Partial<OutboxRow> = {}) =>
  toMessage({ ...row, ...changes }, { namespace: 'test', name: 'iam-worker', version: '0' }, now)

describe('what is wrong with a message', () => {
  test('nothing, with a known person or nobody', () => {
    expect(eventFaults(message())).toEqual([])
    expect(eventFaults(message({ payload: { userId: null, reason: 'user_suspended' } }))).toEqual([])
  })

  test.each([
    [
      'a member that is not in the schema',
      { payload: { userId, reason: 'invalid_credentials', email: 'a@b' } },
    ],
    ['a word that is not in the list', { payload: { userId, reason: 'bad mood' } }],
    ['a missing member', { payload: { userId } }],
    ['another noun’s id', { payload: { userId: tenantId, reason: 'invalid_credentials' } }],
    ['another retention than promised', { retentionClass: 'analytics' }],
    ['no sequence', { sequence: '0' }],
    ['a stream of no tenant', { orderingKey: userId }],
    ['a type that nobody defined', { type: 'user.dreamt' }],
    ['a version that nobody defined', { version: 7 }],
  ] as const)('%s', (_what, changes) => {
    expect(eventFaults(message(changes as Partial<OutboxRow>))).not.toEqual([])
  })

  test('an attribute that says otherwise than the envelope', () => {
    const { data, attributes } = message()
    for (const name of ['subject', 'eventId', 'tenantId']) {
      expect(eventFaults({ data, attributes: { ...attributes, [name]: 'other' } })).toHaveLength(1)
    }
  })
})

describe('a world', () => {
  const worlds: { close: () => Promise<void> }[] = []
  afterAll(() => Promise.allSettled(worlds.map((world) => world.close())))

  test('does not close quietly after a test wrote an event that no consumer expects', async () => {
    const world = await openWorld(inject('services'))
    worlds.push(world)
    const { acme } = world
    await world.admin
      .insertInto('iam.outbox')
      .values({
        tenant_id: acme,
        event_id: newId('evt', now),
        type: 'user.registered',
        version: 1,
        occurred_at: now,
        ordering_key: `${acme}:${userId}`,
        sequence: '1',
        payload: JSON.stringify({ userId, email: 'ada@acme.example' }),
        retention_class: 'regulated',
      })
      .execute()
    await expect(world.close()).rejects.toThrow(/user\.registered\.v1\/payload .*additional.*email/)
  })
})
