import { addSigningKey, auditOf } from '@iam/testkit/world'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Office } from '../support/administration.ts'

describe('administration of what signs access tokens', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice()
    await addSigningKey(office.world, 'RS256')
  })
  afterAll(() => office.open.close())

  const path = () => `/tenants/${office.world.acme}/token-algorithms`
  const pin = (body: object) => office.ask('admin', ['PUT', path()], { body })
  const audience = () => office.open.deps.audience
  const algOfLogin = async () => {
    const { email } = office.people.member
    const { password } = office.world.demo
    const headers = { 'x-tenant-id': 'acme' }
    const { body } = await office.ask(undefined, ['POST', '/auth/login'], {
      body: { email, password },
      headers,
    })
    return decodeProtectedHeader(String((body as { accessToken?: unknown }).accessToken)).alg
  }

  test('a client is pinned and unpinned, which the next login follows and the audit trail tells', async () => {
    const before = await office.ask('admin', ['GET', path()])
    expect(before.body).toEqual({
      available: ['ES256', 'RS256', 'EdDSA'],
      clients: [{ client: 'first-party', audience: audience(), alg: null }],
      audiences: [],
    })
    const pinned = await pin({ client: 'first-party', alg: 'RS256' })
    expect(pinned.body).toMatchObject({ clients: [{ client: 'first-party', alg: 'RS256' }] })
    expect(await algOfLogin()).toBe('RS256')
    expect((await pin({ client: 'first-party', alg: null })).body).toEqual(before.body)
    expect(await algOfLogin()).toBe('ES256')
    const told = (await auditOf(office.world, 'first-party')).toSorted()
    expect(told).toEqual(['client.algorithm_pinned: RS256', 'client.algorithm_pinned: none'])
  })

  test('an audience is pinned, and no client of its to anything else', async () => {
    expect((await pin({ audience: audience(), alg: 'RS256' })).body).toMatchObject({
      audiences: [{ audience: audience(), alg: 'RS256' }],
    })
    expect((await pin({ client: 'first-party', alg: 'ES256' })).body.code).toBe('wrong_state')
    expect(await algOfLogin()).toBe('RS256')
    expect((await pin({ audience: audience(), alg: null })).body).toMatchObject({ audiences: [] })
  })

  test.each([
    [{ client: 'nobody', alg: 'ES256' }, 'not_found'],
    [{ client: 'first-party', alg: 'HS256' }, 'invalid_request'],
    [{ client: 'first-party', alg: 'none' }, 'invalid_request'],
    [{ client: 'first-party' }, 'invalid_request'],
    [{ client: 'first-party', audience: 'x', alg: 'ES256' }, 'invalid_request'],
    [{ alg: 'ES256' }, 'invalid_request'],
  ])('C219: refuses %j', async (body, code) => {
    expect((await pin(body)).body.code).toBe(code)
  })
})
