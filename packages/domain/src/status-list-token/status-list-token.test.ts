import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  packStatuses,
  parseStatusListId,
  readStatusList,
  signStatusList,
  slotsPerList,
  statusListUri,
  type StatusListClaims,
} from './index.ts'

const issuer = 'https://id.example'
const now = new Date('2026-11-21T12:00:00Z')
const seconds = now.getTime() / 1000
const id = 'eu-1-7'

function key() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string }
  const ours = { kid: 'status-key', alg: 'ES256', use: 'sig', endorsement: '' } as const
  const jwk = { kty: 'EC', crv: 'P-256', x, y, ...ours } as const
  return { jwk, kid: jwk.kid, alg: jwk.alg, sign: (input: string) => signed(privateKey, input) }
}

function signed(privateKey: KeyObject, input: string): string {
  const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return sign('sha256', Buffer.from(input), options).toString('base64url')
}

const claims: StatusListClaims = {
  sub: statusListUri(issuer, id),
  iat: seconds,
  exp: seconds + 300,
  ttl: 15,
  status_list: { bits: 1, lst: packStatuses([]) },
  denied_kids: [],
}

describe('status lists', () => {
  test('have the bits of Token Status List 4.1, the lowest first in each byte', () => {
    const statuses = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    const revoked = statuses.flatMap((status, index) => (status === 1 ? [index] : []))
    const bits = inflateSync(Buffer.from(packStatuses([...revoked, slotsPerList - 1]), 'base64url'))
    expect(bits.subarray(0, 3).toString('hex')).toBe('b9a300')
    expect(bits.length).toBe(16_384)
    expect(bits.at(-1)).toBe(0x80)
  })

  test('are named by region and number', () => {
    expect(parseStatusListId('europe-west1-0')).toEqual({ region: 'europe-west1', shard: 0 })
    expect(parseStatusListId('local-511')).toEqual({ region: 'local', shard: 511 })
    for (const none of ['local-512', 'local-01', 'local-', '-1', 'local', '../x-1', 'local-1.jwt', ''])
      expect(parseStatusListId(none)).toBeUndefined()
  })

  const by = key()
  const read = (document: string, keys = [by.jwk]) => readStatusList(document, { issuer, id, keys, now })

  test('are read as they were signed', async () => {
    expect(await read(await signStatusList(by, claims))).toEqual({ claims, kid: by.kid })
  })

  test.each([
    ['another list’s', { sub: statusListUri(issuer, 'eu-1-8') }, 'another_list'],
    ['another issuer’s', { sub: statusListUri('https://evil.example', id) }, 'another_list'],
    ['one that has ended', { iat: seconds - 300, exp: seconds }, 'expired'],
    ['one from the future', { iat: seconds + 61 }, 'from_the_future'],
    ['one of two bits', { status_list: { bits: 2, lst: '' } }, 'malformed'],
    ['one without its bits', { status_list: undefined }, 'malformed'],
    ['one with an exp that is no time', { exp: '2030' }, 'malformed'],
  ])('C1: %s is refused', async (_, changes, fault) => {
    const document = await signStatusList(by, { ...claims, ...changes } as StatusListClaims)
    expect(await read(document)).toBe(fault)
  })

  test('C1: one of another type, by another key, by none or altered is refused', async () => {
    const document = await signStatusList(by, claims)
    const [header = '', payload = '', signature = ''] = document.split('.')
    const withHeader = (other: object) => {
      const input = `${Buffer.from(JSON.stringify(other)).toString('base64url')}.${payload}`
      return `${input}.${by.sign(input)}`
    }
    const other = Buffer.from(JSON.stringify({ ...claims, ttl: 16 })).toString('base64url')
    expect(await read(withHeader({ alg: 'ES256', typ: 'at+jwt', kid: by.kid }))).toBe('not_ours')
    expect(await read(withHeader({ alg: 'ES256', kid: by.kid }))).toBe('not_ours')
    expect(await read(withHeader({ alg: 'none', typ: 'statuslist+jwt', kid: by.kid }))).toBe('not_ours')
    expect(await read(`${header}.${other}.${signature}`)).toBe('not_ours')
    expect(await read(document, [key().jwk])).toBe('not_ours')
    expect(await read(document, [])).toBe('not_ours')
  })
})
