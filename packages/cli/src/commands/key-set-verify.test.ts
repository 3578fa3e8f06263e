import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IssuerKey, StandInIssuer } from '@iam/testkit/issuer'
import { testAnchors } from '@iam/testkit/kms'
import { altered } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeChecks, describeKeySet } from './describe-key-set.ts'
import { keySetVerify } from './key-set-verify.ts'

const { publisher, endorser, stranger } = testAnchors

describe('iam key-set verify', () => {
  let issuer: StandInIssuer
  let directory: string
  const metadata = { metadata: { openid_provider: {} }, version: 1, revoked: [] }
  beforeEach(async () => {
    issuer = await StandInIssuer.open()
    directory = await mkdtemp(join(tmpdir(), 'key-set-'))
  })
  afterEach(async () => {
    issuer.close()
    await rm(directory, { recursive: true })
  })

  const verify = (source = issuer.url) => {
    const pins = { anchors: [publisher.kid], endorsementAnchors: [endorser.kid] }
    return keySetVerify(source, { env: 'test', issuer: issuer.url, ...pins }, new Date(issuer.time))
  }
  const wrong = async (source?: string) =>
    (await verify(source)).checks.filter(({ holds }) => !holds).map(({ check }) => check)

  test('finds nothing wrong with what an issuer publishes, at an address or in a file', async () => {
    await issuer.publish({ publisher, endorser }, metadata)
    const file = join(directory, 'jwks.jwt')
    await writeFile(file, `${issuer.document}\n`)
    for (const source of [issuer.url, file]) {
      const verified = await verify(source)
      expect(verified).toMatchObject({ holds: true, fault: undefined, anchor: { pinned: true }, age: 0 })
      expect(describeChecks(verified).at(-1)).toBe('The key set holds.')
      expect(describeKeySet(verified).join()).toContain('Verifiers take it.')
    }
  })

  test.each([
    ['by a key that nobody pinned', { publisher: stranger, endorser }, {}, ['anchor', 'signature']],
    ['of another issuer', { publisher, endorser }, { iss: 'https://other.example' }, ['issuer']],
    ['without versions', { publisher, endorser }, { parts: undefined }, ['form']],
    ['from the future', { publisher, endorser }, { iat: Date.parse('2026-11-22') / 1000 }, ['issued']],
    ['that has expired', { publisher, endorser }, { exp: Date.parse('2026-11-21') / 1000 }, ['expiry']],
    ['whose keys nobody endorses', { publisher, endorser: stranger }, {}, ['keys', 'key']],
    ['without dates', { publisher, endorser }, { iat: 'now' }, ['form']],
  ])('says what is wrong with a key set %s', async (_what, by, changes, expected) => {
    await issuer.publish(by, { ...metadata, ...changes })
    expect(await wrong()).toEqual(expect.arrayContaining(expected))
    const verified = await verify()
    expect(verified.holds).toBe(false)
    expect(describeChecks(verified).join('\n')).toContain('WRONG')
    expect(describeKeySet(verified).length).toBeGreaterThan(0)
  })

  test('C24: says of each key whether it can be used', async () => {
    const [first] = issuer.keys
    issuer.keys = [new IssuerKey(), ...issuer.keys]
    await issuer.publish({ publisher, endorser }, { ...metadata, revoked: [first?.kid] })
    const { keys } = await verify()
    const ofTokens = keys.filter(({ purpose }) => purpose === 'token')
    expect(ofTokens.map(({ revoked }) => revoked)).toEqual([false, true])
    expect(await wrong()).toEqual(['key'])
  })

  test('believes nothing that was altered, and is not upset by what is no key set', async () => {
    await issuer.publish({ publisher, endorser }, metadata)
    issuer.document = altered(issuer.document ?? '')
    expect(await wrong()).toContain('signature')
    for (const nonsense of ['', 'x', 'a.b.c', '{"keys":[]}', '<html>']) {
      issuer.document = nonsense
      expect(await verify()).toMatchObject({ holds: false, claims: undefined })
    }
  })

  test('says that it cannot be had', async () => {
    issuer.instead = (response) => void response.writeHead(503).end()
    await expect(verify()).rejects.toThrow('answered 503')
    await expect(verify(join(directory, 'missing'))).rejects.toThrow('ENOENT')
  })
})
