import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SecretRings } from '../secret-key/index.ts'
import { decoyFor, type ParameterShare } from './decoy.ts'
import { readForeignHash } from './read-foreign-hash.ts'

const clock = () => new Date(0)
const own = '$argon2id$v=19$m=65536,t=3,p=4'
const mix: ParameterShare[] = [
  { parameters: '$2b$12', credentials: '300' },
  { parameters: own, credentials: '600' },
  { parameters: '$pbkdf2-sha256$i=27500,l=64', credentials: '100' },
]

/** The keys are fixed, so that what is drawn is the same in every run. */
function secrets(fill = 7): SecretRings {
  const rings = new SecretRings()
  const keyOf = (byte: number) => createSecretKey(Buffer.alloc(32, byte))
  rings.replace('decoy', [{ version: 1, key: keyOf(fill), activateAt: new Date(0) }])
  rings.replace('pepper', [{ version: 4, key: keyOf(9), activateAt: new Date(0) }])
  return rings
}

function draw(email: string, of = mix, tenantId = 'ten_A', rings = secrets()) {
  return decoyFor({ secrets: rings, clock }, { tenantId, email, mix: of })
}

const kindOf = (hash: string | undefined) => mix.find(({ parameters }) => hash?.startsWith(`${parameters}$`))

describe('decoyFor', () => {
  test('C165: draws each kind for as large a part of the unknown addresses as of the registered ones', () => {
    const drawn = new Map<string | undefined, number>()
    for (let n = 0; n < 10_000; n += 1) {
      const kind = kindOf(draw(`person${n}@example.com`)?.hash)?.parameters
      drawn.set(kind, (drawn.get(kind) ?? 0) + 1)
    }
    for (const { parameters, credentials } of mix) {
      expect(Math.abs((drawn.get(parameters) ?? 0) / 10_000 - Number(credentials) / 1000)).toBeLessThan(0.02)
    }
    expect(new Set(drawn.keys())).toEqual(new Set(mix.map(({ parameters }) => parameters)))
  })

  test('C165: draws the same for the same address, on every instance, and not the same at every tenant', () => {
    const emails = Array.from({ length: 200 }, (_, n) => `person${n}@example.com`)
    const at = (tenantId: string, fill?: number) =>
      emails.map((email) => draw(email, mix, tenantId, secrets(fill))?.hash)
    expect(at('ten_A')).toEqual(at('ten_A'))
    expect(at('ten_A')).not.toEqual(at('ten_B'))
    expect(at('ten_A')).not.toEqual(at('ten_A', 8)) // nobody without the key can tell
  })

  test('moves as few addresses to another kind as the mix moves', () => {
    const later = mix.map((share) => (share.parameters === own ? { ...share, credentials: '610' } : share))
    const emails = Array.from({ length: 2_000 }, (_, n) => `person${n}@example.com`)
    const moved = emails.filter((email) => draw(email)?.hash !== draw(email, later)?.hash)
    expect(moved.length).toBeLessThan(60)
  })

  test('can be checked as what it stands for', () => {
    const email = fc.emailAddress()
    fc.assert(
      fc.property(email, (address) => {
        const decoy = draw(address)
        if (decoy?.pepperVersion === null) expect(readForeignHash(decoy.hash)).toBeDefined()
        else expect(decoy).toMatchObject({ pepperVersion: 4, hash: expect.stringContaining(own) as string })
      }),
    )
  })

  test('is nothing for a tenant without credentials', () => {
    expect(draw('somebody@example.com', [])).toBeUndefined()
    expect(draw(randomBytes(8).toString('hex'), [{ parameters: own, credentials: '0' }])).toBeUndefined()
  })
})
