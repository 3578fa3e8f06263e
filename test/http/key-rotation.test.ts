import { findDirectoryEntry } from '@iam/domain/tenant'
import { keySetCaching, type KeySetClaims } from '@iam/domain/key-set'
import { Refusal } from '@iam/domain/kit'
import { holdLease } from '@iam/domain/lease'
import { mintAccessToken } from '@iam/domain/access-token'
import {
  compromiseSigningKey,
  loadSigningKeys,
  publishKeySet,
  rotateSigningKey,
  signingKeyPolicy,
  tendSigningKeys,
  tokenLines,
  type Signer,
  type SigningKeyPolicy,
} from '@iam/domain/signing-key'
import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { statusListUri } from '@iam/domain/status-list-token'
import { createVerifier } from '@iam/verifier'
import { createRemoteJWKSet, jwksCache, jwtVerify, type ExportedJWKSCache } from 'jose'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { SimulatedCdn } from '../support/simulated-cdn.ts'

const hour = 3600
const audience = 'https://orders.example'
/** The largest cache that any verifier of this simulation has. */
const verifierCache = 12 * hour
const settings = {
  signFor: 12 * 24 * hour,
  verifyAfter: 2 * 24 * hour,
  leastLead: hour,
  verifierCache,
  announce: 60,
}
const policy = signingKeyPolicy(settings)
const [services, rotationsWanted] = inject('long') ? [1_000, 50] : [24, 4]

/** A service that verifies by itself. @returns why it refused a token, if it did. */
type Service = (token: string) => Promise<unknown>

/**
 * The life cycle's real code by a clock that is moved an hour at a time, with what stands between an issuer and its
 * services in the worst way that is allowed: a CDN that keeps what it may, an origin that is away for most of a day
 * now and then, and services with caches of ten minutes to twelve hours.
 */
describe('key rotation, as services see it', () => {
  let world: World
  let cdn: SimulatedCdn
  let systemTenantId: `ten_${string}`
  let document: Buffer
  let keySet = '{"keys":[]}'
  let hours = 0
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    systemTenantId = (await findDirectoryEntry(world.workerDb.kysely, 'system'))?.tenantId ?? 'ten_none'
    cdn = await SimulatedCdn.open(() => keySet, {
      caching: keySetCaching,
      now: () => world.clock().getTime(),
    })
    document = Buffer.alloc(0)
    hours = 0
  })
  afterEach(async () => {
    cdn.close()
    await world.close()
  })

  async function round(by: SigningKeyPolicy): Promise<void> {
    const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner: 'worker', ttl: 30 })
    if (lease === undefined) throw new Error('not the leader')
    const { endorser, publisher } = testAnchors
    const lines = tokenLines(['ES256'], testWrapping)
    const keys = { lines, endorser, publisher, deployment: testDeployment }
    const deps = { db: world.workerDb, clock: world.clock, lease, systemTenantId, ...keys }
    await tendSigningKeys({ ...deps, policy: by, servedKids: async () => new Set() })
    const keySetStore = {
      read: async () => (document.length === 0 ? undefined : { body: document, generation: '1' }),
      write: async (written: Buffer) => void (document = written),
    }
    await publishKeySet({ ...deps, keySetStore, lifetime: 72 * hour, resignAfter: hour })
    if (document.length > 0) keySet = JSON.stringify({ keys: claimsOf(document).keys })
  }

  const operator = () => ({ db: world.workerDb, clock: world.clock, systemTenantId })

  /** A token by the key that signs now, as any instance of iam-api mints it. */
  async function token(): Promise<{ kid: string; token: string }> {
    const endorsementAnchors = [testAnchors.endorser.kid]
    await loadSigningKeys({
      ...world,
      wrapping: testWrapping,
      deployment: testDeployment,
      endorsementAnchors,
    })
    const signer = world.signingKeys.signer(world.clock())
    return { kid: signer?.kid ?? '', token: await mintedBy(signer) }
  }

  async function mintedBy(signer: Signer | undefined): Promise<string> {
    if (signer === undefined) throw new Error('Nothing signs.')
    const iat = Math.floor(world.clock().getTime() / 1000)
    const texts = { iss: testDeployment.issuer, sub: 'usr_1', aud: audience, jti: '1', client_id: 'cli_1' }
    const rest = { scope: '', sid: 'grt_1', tid: 'ten_1', amr: ['pwd'], acr: 'aal1', auth_time: iat }
    const status = { status_list: { idx: 0, uri: statusListUri(testDeployment.issuer, 'local-0') } }
    return mintAccessToken(signer, { ...texts, ...rest, status, iat, exp: iat + 900 })
  }

  /** Why services refuse a token, those that do. */
  const refusalsOf = async (all: readonly Service[], jwt: string) =>
    (await Promise.all(all.map((service) => service(jwt)))).filter((said) => said !== undefined)

  function ours(cacheSeconds: number): Service {
    const now = () => world.clock().getTime()
    const { issuer } = testDeployment
    const verifier = createVerifier({
      issuer,
      keySetUrl: cdn.url,
      status: 'off',
      audience,
      tenants: 'any',
      cacheSeconds,
      now,
    })
    return (jwt) => verifier.verify(jwt).then(undefinedOf, reasonOf)
  }

  /** jose's own key set. It goes by the machine's clock, so its copy is made older by what the test's has moved. */
  function stock(cacheSeconds: number): Service {
    const cache = {} as ExportedJWKSCache
    let fetchedAt = 0
    return async (jwt) => {
      const now = world.clock().getTime()
      if (cache.jwks !== undefined) cache.uat = Date.now() - (now - fetchedAt)
      const options = { cacheMaxAge: cacheSeconds * 1000, [jwksCache]: cache }
      const keys = createRemoteJWKSet(new URL(cdn.url), options)
      const before = cache.uat
      const said = await jwtVerify(jwt, keys, { audience, currentDate: world.clock() }).then(
        undefinedOf,
        reasonOf,
      )
      if (cache.uat !== before) fetchedAt = now
      return said
    }
  }

  const open = (): Service[] =>
    Array.from({ length: services }, (_, n) => {
      const cacheSeconds = 600 + Math.round((n / (services - 1)) * (verifierCache - 600))
      return n % 2 === 0 ? ours(cacheSeconds) : stock(cacheSeconds)
    })

  /** An hour in the life of everybody. @returns the key that signs, and why tokens of its were refused. */
  async function live(all: readonly Service[], by: SigningKeyPolicy) {
    hours += 1
    await world.testClock.advance(hour)
    // Away for 22 hours of every 41: stale copies are used for as long as they may be.
    cdn.isOriginUp = hours % 41 < 19
    await round(by)
    // An operator who rotates whenever it is not refused: no standby waits longer than it must.
    await rotateSigningKey({ ...operator(), policy: by }, { alg: 'ES256' }).catch(requireTooEarly)
    const { kid, token: jwt } = await token()
    return { kid, refusals: await refusalsOf(all, jwt) }
  }

  async function rotate(by: SigningKeyPolicy) {
    const all = open()
    const kids = new Set<string>()
    const refusals: unknown[] = []
    while (kids.size <= rotationsWanted || hours < 41) {
      const lived = await live(all, by)
      kids.add(lived.kid)
      refusals.push(...lived.refusals)
    }
    return { all, refusals }
  }

  test('C260: no service ever meets a key that it does not know, and a key that is given up is refused in time', async () => {
    const { all, refusals } = await rotate(policy)
    expect(refusals).toEqual([])
    expect(cdn.asked).toBeGreaterThan(rotationsWanted)

    do await live(all, policy)
    while (!cdn.isOriginUp || hours % 41 > 1)
    const { kid } = await token()
    const thief = world.signingKeys.signer(world.clock())
    const given = await compromiseSigningKey({ ...operator(), settings }, { kid })
    await world.testClock.advance(31)
    await round(policy)
    const next = await token()
    expect(next.kid).toBe(given.signer)
    // The next key was published as the standby long ago: nobody refuses it, not even in the first moment.
    expect(await refusalsOf(all, next.token)).toEqual([])
    // Copies of the key set still hold the key that was given up; when the bound has passed, none does.
    expect((await refusalsOf(all, await mintedBy(thief))).length).toBeLessThan(all.length)
    cdn.isOriginUp = true
    await world.testClock.advance((given.refusedEverywhereBy.getTime() - world.clock().getTime()) / 1000)
    expect(await refusalsOf(all, await mintedBy(thief))).toHaveLength(all.length)
  }, 3_600_000)

  test('C260: a key that signs before the last cache can know it is refused by some: the simulation would see it', async () => {
    const early = { ...policy, activationLead: 60 }
    const { refusals } = await rotate(early)
    expect(refusals.length).toBeGreaterThan(0)
  }, 3_600_000)
})

function requireTooEarly(error: unknown): void {
  if (!(error instanceof Refusal) || error.code !== 'wrong_state') throw error
}

const undefinedOf = () => undefined
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

function claimsOf(jws: Buffer): KeySetClaims {
  return JSON.parse(Buffer.from(jws.toString().split('.')[1] ?? '', 'base64url').toString()) as KeySetClaims
}
