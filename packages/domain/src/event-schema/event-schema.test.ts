import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { envelopeSchema, eventSchemas, publishedFiles } from './index.ts'

const ajv = new Ajv2020({ strict: true, strictTypes: false, validateFormats: false })
const all = Object.entries(eventSchemas)
const published = new Map(
  publishedFiles()
    .filter(({ name }) => name.endsWith('.json'))
    .map(({ name, text }) => [name, JSON.parse(text) as Record<string, unknown>]),
)

type Node = Readonly<Record<string, unknown>>

/** Every schema inside a schema, with the path of the member it describes. */
function nodesIn(schema: unknown, path = ''): { path: string; node: Node }[] {
  if (typeof schema !== 'object' || schema === null) return []
  const inside = Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties'
      ? Object.entries(value as Node).flatMap(([name, member]) => nodesIn(member, `${path}/${name}`))
      : nodesIn(value, path),
  )
  return [{ path, node: schema as Node }, ...inside]
}

describe.each(all)('%s', (name, event) => {
  test('takes no personal value: every text is an id, a time or a word', () => {
    const texts = nodesIn(event.payload).filter(({ node }) => node['type'] === 'string')
    for (const { path, node } of texts) {
      const takes = ajv.compile({ ...node })
      for (const personal of [
        'ada@acme.example',
        'Ada Lovelace',
        'Ada',
        '203.0.113.7',
        '+41 44 668 18 00',
        '',
      ]) {
        expect(takes(personal), `${path} ${personal}`).toBe(false)
      }
    }
  })

  test('describes every member', () => {
    const members = Object.entries(envelopeSchema(name, event).properties)
    const payload = Object.entries(event.payload.properties)
    for (const [member, schema] of [...members.filter(([of]) => of !== 'payload'), ...payload]) {
      expect((schema as Node)['description'], member).toMatch(/\.$/)
    }
    expect(event.description).toMatch(/\.$/)
  })

  test('is closed for us and open for consumers', () => {
    for (const { node } of nodesIn(envelopeSchema(name, event))) {
      if (node['type'] === 'object') expect(node['additionalProperties']).toBe(false)
    }
    const schema = published.get(`iam.${name}.json`)
    expect(JSON.stringify(schema)).not.toContain('additionalProperties')
    expect(() => ajv.compile(schema ?? {})).not.toThrow()
  })
})

test('a consumer takes what a later release adds, and refuses what is of another kind', () => {
  const takes = ajv.compile(published.get('iam.session.revoked.v1.json') ?? {})
  const event = {
    eventId: 'evt_01BX5ZZKBKACTAV9WEVGEMMVRZ',
    subject: 'hotels.iam.session.revoked.v1',
    eventVersion: 1,
    occurredAt: '2026-11-21T10:00:00.000Z',
    publishedAt: '2026-11-21T10:00:00.100Z',
    producer: 'iam-worker',
    producerVersion: '1.2.3',
    tenantId: 'ten_01BX5ZZKBKACTAV9WEVGEMMVRZ',
    orderingKey: 'ten_01BX5ZZKBKACTAV9WEVGEMMVRZ:ses_01BX5ZZKBKACTAV9WEVGEMMVRZ',
    sequence: 3,
    traceparent: null,
    correlationId: null,
    idempotencyKey: 'evt_01BX5ZZKBKACTAV9WEVGEMMVRZ',
    retentionClass: 'security',
    payload: {
      sessionId: 'ses_01BX5ZZKBKACTAV9WEVGEMMVRZ',
      userId: 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ',
      reason: 'logged_out',
    },
  }
  const { payload } = event
  expect(takes(event)).toBe(true)
  expect(takes({ ...event, region: 'eu', payload: { ...payload, reason: 'bored', mood: 'low' } })).toBe(true)
  expect(takes({ ...event, subject: 'hotels.iam.session.revoked.v2' })).toBe(false)
  expect(takes({ ...event, payload: { ...payload, userId: payload.sessionId } })).toBe(false)
  expect(takes({ ...event, payload: { ...payload, reason: 7 } })).toBe(false)
})

test('the page for consumers leads to every schema', () => {
  const page = publishedFiles().find(({ name }) => name === 'README.md')?.text ?? ''
  for (const file of published.keys()) expect(page).toContain(`](${file})`)
})
