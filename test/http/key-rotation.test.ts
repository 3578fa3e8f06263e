import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
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
import { createVerifier, type VerifierOptions } from '@iam/verifier'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { NginxCache } from '../support/nginx-cache.ts'
import { SimulatedCdn } from '../support/simulated-cdn.ts'

const hour = 3600
const { fresh, whileRevalidating, ifError } = keySetCaching
/** What is said to caches on the way alone: how long a service keeps its copy is its own affair here. */
const sharedCaching = `s-maxage=${fresh}, stale-while-revalidate=${whileRevalidating}, stale-if-error=${ifError}`
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
const few = { services: 24, rotations: 4 }
/** What the long run proves takes ten minutes: the same with more of everything. */
const all = inject('long') ? { services: 1_000, rotations: 50 } : few

/** A service that verifies by itself. @returns why it refused a token, if it did. */
type Service = (token: string) => Promise<unknown>

/**
 * The life cycle's real code by a clock that is moved an hour at a time, with what stands between an issuer and its
 * services in the worst way that is allowed: an origin that is away for most of a day now and then, CDNs that keep
 * what they may, nginx among them, and services with caches of ten minutes to twelve hours: our verifier, with pins
 * and without, and jose's own key set.
 */
describe('key rotation, as services see it', () => {
  let world: World
  let origin: Server
  let cdn: SimulatedCdn
  let signedCdn: SimulatedCdn
  let nginx: NginxCache
  let systemTenantId: `ten_${string}`
  let document: Buffer
  let keySet = '{"keys":[]}'
  let isOriginUp = true
  let hours = 0
  /** The kid of the last token. */
  let signing = ''
  /** What the services' clocks say. */
  let moment = new Date()
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    systemTenantId = (await findDirectoryEntry(world.workerDb.kysely, 'system'))?.tenantId ?? 'ten_none'
    document = Buffer.alloc(0)
    isOriginUp = true
    hours = 0
    signing = ''
    const keeping = { caching: keySetCaching, now: () => moment.getTime() }
    cdn = await SimulatedCdn.open(() => (isOriginUp ? keySet : undefined), keeping)
    signedCdn = await SimulatedCdn.open(() => (isOriginUp ? document.toString() : undefined), keeping)
    origin = createServer((_request, response) => {
      if (isOriginUp) response.writeHead(200, { 'cache-control': sharedCaching }).end(keySet)
      else response.destroy()
    })
    await once(origin.listen(0, '127.0.0.1'), 'listening')
    nginx = await NginxCache.start(`http://127.0.0.1:${(origin.address() as AddressInfo).port}`)
  })
  afterEach(async () => {
    vi.useRealTimers()
    await nginx.stop()
    for (const server of [cdn, signedCdn, origin]) server.close()
    await world.close()
  })

  /** Moves everybody's clock. */
  async function pass(seconds: number): Promise<void> {
    await world.testClock.advance(seconds)
    nginx.age(seconds)
  }

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

  /** Why services refuse a token, those that do. jose goes by `Date` alone. */
  async function refusalsOf(fleet: readonly Service[], jwt: string): Promise<unknown[]> {
    moment = world.clock()
    vi.useFakeTimers({ toFake: ['Date'], now: moment })
    const said: unknown[] = []
    // Not all at once: nobody is to give up waiting on a busy machine, where the clock stands still meanwhile.
    for (let n = 0; n < fleet.length; n += 50)
      said.push(...(await Promise.all(fleet.slice(n, n + 50).map((service) => service(jwt)))))
    vi.useRealTimers()
    return said.filter((reason) => reason !== undefined)
  }

  function ours(cacheSeconds: number, from: Pick<VerifierOptions, 'keySetUrl' | 'pinned'>): Service {
    const now = () => moment.getTime()
    const { issuer } = testDeployment
    const token = { issuer, audience, tenants: 'any', status: 'off' } as const
    const verifier = createVerifier({ ...token, ...from, cacheSeconds, now })
    return (jwt) => verifier.verify(jwt).then(undefinedOf, reasonOf)
  }

  function stock(cacheSeconds: number, url: string): Service {
    const keys = createRemoteJWKSet(new URL(url), {
      cacheMaxAge: cacheSeconds * 1000,
      timeoutDuration: 60_000,
    })
    return (jwt) => jwtVerify(jwt, keys, { audience }).then(undefinedOf, reasonOf)
  }

  /** Services of every kind, and of every kind with caches of every length. */
  function open(services: number): Service[] {
    const behindNginx = `${nginx.url}/.well-known/jwks.json`
    const { env } = testDeployment
    const pinned = { env, keySet: [testAnchors.publisher.kid], endorsement: [testAnchors.endorser.kid] }
    const kinds: ((cacheSeconds: number) => Service)[] = [
      (seconds) => ours(seconds, { keySetUrl: cdn.url }),
      (seconds) => stock(seconds, cdn.url),
      (seconds) => ours(seconds, { keySetUrl: behindNginx }),
      (seconds) => stock(seconds, behindNginx),
      (seconds) => ours(seconds, { keySetUrl: signedCdn.url, pinned }),
    ]
    return Array.from({ length: services }, (_, n) => {
      const cacheSeconds = 600 + Math.round((n / (services - 1)) * (verifierCache - 600))
      return kinds[n % kinds.length]?.(cacheSeconds) ?? stock(cacheSeconds, cdn.url)
    })
  }

  /**
   * An hour. A service gets a token every eight hours, each in its own; and everybody gets the first one by another key,
   * since what they have then is what matters. @returns the key that signs, and why tokens of its were refused.
   */
  async function live(fleet: readonly Service[], by: SigningKeyPolicy) {
    hours += 1
    await pass(hour)
    // Away for 22 hours of every 41: stale copies are used for as long as they may be.
    isOriginUp = hours % 41 < 19
    await round(by)
    // An operator who rotates whenever it is not refused: no standby waits longer than it must.
    await rotateSigningKey({ ...operator(), policy: by }, { alg: 'ES256' }).catch(requireTooEarly)
    const { kid, token: jwt } = await token()
    const asked = kid === signing ? fleet.filter((_, n) => n % 8 === hours % 8) : fleet
    signing = kid
    return { kid, refusals: await refusalsOf(asked, jwt) }
  }

  async function rotate(by: SigningKeyPolicy, { services, rotations }: typeof all) {
    const fleet = open(services)
    const kids = new Set<string>()
    const refusals: unknown[] = []
    while (kids.size <= rotations || hours < 41) {
      const before = kids.size
      const lived = await live(fleet, by)
      kids.add(lived.kid)
      refusals.push(...lived.refusals)
      if (kids.size > before && rotations > few.rotations) tell(kids.size - 1, hours, refusals)
    }
    return { fleet, refusals }
  }

  test('C260: no service ever meets a key that it does not know, and a key that is given up is refused in time', async () => {
    const { fleet, refusals } = await rotate(policy, all)
    expect(refusals).toEqual([])
    expect(cdn.asked).toBeGreaterThan(all.rotations)
    expect(nginx.answered().filter((how) => how === 'EXPIRED').length).toBeGreaterThan(all.rotations)
    expect(nginx.answered()).toContain('STALE')

    do await live(fleet, policy)
    while (!isOriginUp || hours % 41 > 1)
    const { kid } = await token()
    const thief = world.signingKeys.signer(world.clock())
    const given = await compromiseSigningKey({ ...operator(), settings }, { kid })
    await pass(31)
    await round(policy)
    const next = await token()
    expect(next.kid).toBe(given.signer)
    // The next key was published as the standby long ago: nobody refuses it, not even in the first moment.
    expect(await refusalsOf(fleet, next.token)).toEqual([])
    // Copies of the key set still hold the key that was given up; when the bound has passed, none does.
    expect((await refusalsOf(fleet, await mintedBy(thief))).length).toBeLessThan(fleet.length)
    isOriginUp = true
    await pass(Math.ceil((given.refusedEverywhereBy.getTime() - world.clock().getTime()) / 1000))
    expect(await refusalsOf(fleet, await mintedBy(thief))).toHaveLength(fleet.length)
  }, 3_600_000)

  test('C260: a key that signs before the last cache can know it is refused by some: the simulation would see it', async () => {
    const early = { ...policy, activationLead: 60 }
    const { refusals } = await rotate(early, few)
    expect(refusals.length).toBeGreaterThan(0)
  }, 3_600_000)
})

/** How far the long run is. */
function tell(rotations: number, hours: number, refusals: readonly unknown[]): void {
  const reasons = [...new Set(refusals)].join('; ')
  process.stdout.write(
    `${rotations} of ${all.rotations} rotations in ${hours} hours; refused: ${refusals.length} ${reasons}\n`,
  )
}

function requireTooEarly(error: unknown): void {
  if (!(error instanceof Refusal) || error.code !== 'wrong_state') throw error
}

const undefinedOf = () => undefined
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

function claimsOf(jws: Buffer): KeySetClaims {
  return JSON.parse(Buffer.from(jws.toString().split('.')[1] ?? '', 'base64url').toString()) as KeySetClaims
}
