import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import fc from 'fast-check'
import type { KyselyPlugin } from 'kysely'
import { describe, expect, inject, test } from 'vitest'
import type { Db } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { readKeySet, signingAlgs, type AnchorSigner, type SigningAlg } from '../key-set/index.ts'
import { holdLease, releaseLease } from '../lease/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import {
  compromiseSigningKey,
  isSignatureOf,
  loadSigningKeys,
  publishKeySet,
  rotateSigningKey,
  SigningKeys,
  tendSigningKeys,
  tokenLines,
  type SigningKeyPolicy,
} from './index.ts'

const hour = 3600
const tokenSeconds = 900
/** How often an instance of iam-api looks at the keys. */
const pollSeconds = 30
const policy: SigningKeyPolicy = { signFor: 5 * hour, verifyAfter: hour, activationLead: hour, announce: 60 }
const settings = { ...policy, leastLead: hour, verifierCache: 600 }
const configurations: readonly (readonly SigningAlg[])[] = [
  ['ES256'],
  ['ES256', 'EdDSA'],
  ['EdDSA', 'ES256'],
  ['EdDSA'],
  ['RS256', 'ES256'],
]

type Command =
  | { readonly do: 'advance'; readonly seconds: number }
  | { readonly do: 'work' | 'race' | 'serve' | 'turn' }
  | { readonly do: 'die'; readonly after: number }
  | { readonly do: 'compromise'; readonly which: number }
  | { readonly do: 'rotate'; readonly alg: SigningAlg }
  | { readonly do: 'configure'; readonly lines: number }

const of = <T>(...values: T[]) => fc.constantFrom(...values)
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: of('advance' as const), seconds: of(20, 70, 1200, hour + 70, 2 * hour + 70) }),
  },
  { weight: 8, arbitrary: fc.constant({ do: 'work' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'race' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'serve' as const }) },
  { weight: 4, arbitrary: fc.constant({ do: 'turn' as const }) },
  { weight: 3, arbitrary: fc.record({ do: of('die' as const), after: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ do: of('compromise' as const), which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: of('rotate' as const), alg: of(...signingAlgs) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: of('configure' as const), lines: fc.nat(configurations.length - 1) }),
  },
)

/** Calls of a worker that dies at one of them and makes none after it. */
class Mortal {
  #left: number

  constructor(calls: number) {
    this.#left = calls
  }

  /** @throws when its time has come. */
  readonly live = (): void => {
    this.#left -= 1
    if (this.#left < 0) throw new Error('the worker died')
  }

  readonly call = async <T>(work: () => Promise<T>): Promise<T> => {
    this.live()
    return work()
  }
}

interface Published {
  readonly at: number
  /** When each key of it ends, in milliseconds since the epoch. */
  readonly until: ReadonlyMap<string, number>
}

interface Issued {
  readonly kid: string
  readonly expiresAt: number
}

/** A deployment that is worked on, attacked and configured in any order; after each step everything that must hold, holds. */
class Run {
  readonly #world: World
  readonly #systemTenantId: `ten_${string}`
  /** Two instances of iam-api: one that has just looked, and one that looked at most half a minute ago. */
  readonly #fresh = new SigningKeys()
  readonly #stale = new SigningKeys()
  #staleSince = -Infinity
  #document: Buffer | undefined
  #generation = 0
  #served: ReadonlySet<string> = new Set()
  #lines: readonly SigningAlg[] = ['ES256']
  readonly #published: Published[] = []
  readonly #firstPublished = new Map<string, number>()
  readonly #jwks = new Map<string, JsonWebKey>()
  readonly #issued: Issued[] = []
  /** Keys that signed before their lead had passed because nothing else could. */
  readonly #excepted = new Set<string>()
  readonly #compromised = new Set<string>()
  /** Keys that were destroyed, or given up. */
  readonly #ended = new Set<string>()

  private constructor(world: World, systemTenantId: `ten_${string}`) {
    this.#world = world
    this.#systemTenantId = systemTenantId
  }

  static async open(world: World): Promise<Run> {
    const system = await findDirectoryEntry(world.workerDb.kysely, 'system')
    // A deployment that has no key yet, from its first moment on.
    await world.admin.deleteFrom('iam.signing_key').execute()
    await world.admin.deleteFrom('iam.key_set_version').execute()
    return new Run(world, system?.tenantId ?? 'ten_none')
  }

  get #now(): number {
    return this.#world.clock().getTime()
  }

  /** A command, or several of the usual ones, each followed by a look at everything. */
  async play(command: Command): Promise<void> {
    if (command.do !== 'turn') return this.step(command)
    for (const seconds of [2 * hour + 70, 70, 1]) {
      await this.step({ do: 'advance', seconds })
      await this.step({ do: 'work' })
      await this.step({ do: 'serve' })
    }
  }

  async step(command: Command): Promise<void> {
    const hadSigner = (await this.#keys()).some(({ state }) => state === 'active')
    await this.#do(command)
    // Where nothing signed, the first key signs at once.
    if (!hadSigner)
      for (const { kid, state } of await this.#keys()) if (state === 'active') this.#excepted.add(kid)
    await this.#look(this.#fresh)
    if (this.#now - this.#staleSince >= pollSeconds * 1000) await this.#lookAgain()
    this.#issue()
    await this.#agree()
  }

  async #do(command: Command): Promise<void> {
    if (command.do === 'advance') await this.#world.testClock.advance(command.seconds)
    if (command.do === 'work') await this.#work(new Mortal(Infinity))
    if (command.do === 'die') await this.#work(new Mortal(command.after)).catch(() => undefined)
    if (command.do === 'race') await this.#race()
    if (command.do === 'serve') this.#served = new Set(this.#published.at(-1)?.until.keys())
    if (command.do === 'compromise') await this.#compromise(command.which)
    if (command.do === 'rotate') await this.#rotate(command.alg)
    if (command.do === 'configure') this.#lines = configurations[command.lines] ?? []
  }

  /** One round of the keys' work, as iam-worker does it. */
  async #work(mortal: Mortal, owner = 'worker'): Promise<void> {
    const lease = await holdLease(this.#world.workerDb.kysely, { name: 'keys', owner, ttl: 30 })
    if (lease === undefined) return
    const signer = (by: AnchorSigner): AnchorSigner => ({
      ...by,
      sign: (bytes) => mortal.call(() => by.sign(bytes)),
    })
    const common = {
      db: { ...this.#world.workerDb, kysely: this.#world.workerDb.kysely.withPlugin(dying(mortal)) } as Db,
      clock: this.#world.clock,
      lease,
      systemTenantId: this.#systemTenantId,
      deployment: testDeployment,
      policy,
      endorser: signer(testAnchors.endorser),
      publisher: signer(testAnchors.publisher),
    }
    const lines = tokenLines(this.#lines, testWrapping)
    await tendSigningKeys({ ...common, lines, servedKids: async () => this.#served })
    const keySetStore = { read: () => mortal.call(this.#read), write: this.#writer(mortal) }
    await publishKeySet({ ...common, keySetStore, lifetime: 72 * hour, resignAfter: hour })
    await releaseLease(this.#world.workerDb.kysely, lease)
  }

  /** Two workers at once, of whom neither has the lease yet. */
  async #race(): Promise<void> {
    await this.#world.admin
      .updateTable('iam.leader_lease')
      .set({ expires_at: new Date(0) })
      .execute()
    const immortal = () => new Mortal(Infinity)
    await Promise.allSettled([this.#work(immortal(), 'worker'), this.#work(immortal(), 'other')])
  }

  readonly #read = async () =>
    this.#document && { body: this.#document, generation: String(this.#generation) }

  #writer(mortal: Mortal) {
    return (document: Buffer, ifGeneration: string): Promise<void> =>
      mortal.call(async () => {
        if (ifGeneration !== String(this.#generation)) throw new Error('changed meanwhile')
        this.#document = document
        this.#generation += 1
        await this.#take(document.toString())
      })
  }

  /** The document as whoever verifies reads it. No empty set is ever published. */
  async #take(document: string): Promise<void> {
    const keySet = await readKeySet(document, {
      env: testDeployment.env,
      issuer: testDeployment.issuer,
      anchors: [testAnchors.publisher.kid],
      endorsementAnchors: [testAnchors.endorser.kid],
      floor: {},
      now: this.#world.clock(),
    })
    if (typeof keySet === 'string') throw new Error(`A key set was published that is refused: ${keySet}.`)
    const until = new Map(keySet.keys.map(({ key, verifyUntil }) => [key.kid, verifyUntil * 1000]))
    for (const { key } of keySet.keys) {
      this.#jwks.set(key.kid, key as unknown as JsonWebKey)
      if (!this.#firstPublished.has(key.kid)) this.#firstPublished.set(key.kid, this.#now)
    }
    this.#published.push({ at: this.#now, until })
  }

  #operator() {
    const { workerDb: db, clock } = this.#world
    return { db, clock, systemTenantId: this.#systemTenantId }
  }

  async #compromise(which: number): Promise<void> {
    const keys = await this.#keys()
    const key = keys[which % Math.max(1, keys.length)]
    if (key === undefined) return
    const given = compromiseSigningKey({ ...this.#operator(), settings }, { kid: key.kid })
    const done = await given.catch(requireWrongState)
    if (done === undefined) return
    this.#compromised.add(key.kid)
    expect(keys.find(({ kid }) => kid === (done.signer ?? key.kid))?.alg).toBe(key.alg)
    // It may be signing before its lead has passed: the one other exception.
    if (done.signer !== undefined) this.#excepted.add(done.signer)
    await this.#lookAgain()
  }

  async #rotate(alg: SigningAlg): Promise<void> {
    await rotateSigningKey({ ...this.#operator(), policy }, { alg }).catch(requireWrongState)
  }

  async #look(signingKeys: SigningKeys): Promise<void> {
    const endorsementAnchors = [testAnchors.endorser.kid]
    const deps = { ...this.#world, signingKeys, deployment: testDeployment, wrapping: testWrapping }
    expect(await loadSigningKeys({ ...deps, endorsementAnchors })).toEqual([])
  }

  async #lookAgain(): Promise<void> {
    this.#staleSince = this.#now
    await this.#look(this.#stale)
  }

  /** Both instances sign a token with every algorithm. Never are there two that sign by one. */
  #issue(): void {
    const now = this.#world.clock()
    for (const alg of signingAlgs) {
      const signers = [this.#fresh, this.#stale].map((keys) => keys.signer(now, alg)?.kid)
      const kids = new Set(signers.filter((kid) => kid !== undefined))
      expect(kids.size, `${alg} is signed by two keys`).toBeLessThanOrEqual(1)
      for (const kid of kids) this.#issued.push({ kid, expiresAt: now.getTime() + tokenSeconds * 1000 })
    }
  }

  async #keys() {
    return this.#world.admin
      .selectFrom('iam.signing_key')
      .select(['kid', 'alg', 'state', 'activate_at'])
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  }

  async #agree(): Promise<void> {
    const keys = await this.#keys()
    this.#agreeOnStates(keys)
    for (const { kid, activate_at } of keys) {
      if (activate_at === null || this.#excepted.has(kid)) continue
      const known = this.#firstPublished.get(kid) ?? Infinity
      expect(activate_at.getTime() - known, `${kid} signs early`).toBeGreaterThanOrEqual(hour * 1000)
    }
    this.#agreeOnTokens()
    await this.#agreeOnSignatures()
  }

  #agreeOnStates(keys: Awaited<ReturnType<Run['signingKeys']>>): void {
    for (const kid of this.#compromised)
      expect(keys.find((key) => key.kid === kid)?.state, kid).toBe('compromised')
    const ended = keys.filter(({ state }) => state === 'compromised' || state === 'destroyed')
    for (const { kid } of ended) this.#ended.add(kid)
    expect(ended.length, 'keys that have ended').toBe(this.#ended.size)
    for (const alg of signingAlgs) {
      const line = keys.filter((key) => key.alg === alg)
      const unused = line.filter(({ state }) => state === 'pending' || state === 'published')
      expect(unused.length, `standbys of ${alg}`).toBeLessThanOrEqual(1)
      const ahead = line.filter(
        ({ state, activate_at }) => state === 'active' && isAhead(activate_at, this.#now),
      )
      expect(ahead.length, `announced keys of ${alg}`).toBeLessThanOrEqual(1)
    }
  }

  signingKeys() {
    return this.#keys()
  }

  /** Each live token is one for every copy of the key set that a cache may still hold. */
  #agreeOnTokens(): void {
    const now = this.#now
    const oldest = this.#published.findLastIndex(({ at }) => at <= now - hour * 1000)
    const held = this.#published.slice(Math.max(0, oldest))
    for (const { kid, expiresAt } of this.#issued) {
      if (expiresAt <= now || this.#compromised.has(kid)) continue
      const since = this.#excepted.has(kid) ? (this.#firstPublished.get(kid) ?? Infinity) : -Infinity
      for (const { at, until } of held)
        if (at >= since) expect(until.get(kid) ?? 0, `${kid} is not verified`).toBeGreaterThan(now)
    }
  }

  async #agreeOnSignatures(): Promise<void> {
    for (const signer of this.#fresh.signers(this.#world.clock()).values()) {
      const jwk = this.#jwks.get(signer.kid)
      if (jwk === undefined) throw new Error(`${signer.kid} signs and was never published.`)
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
      const signature = Buffer.from(await signer.sign('input'), 'base64url')
      expect(isSignatureOf({ alg: signer.alg, publicKey }, 'input', signature)).toBe(true)
    }
  }

  /** However it went: left alone with a worker, the deployment signs again with all that it is asked for. */
  async recover(): Promise<void> {
    for (const seconds of [1, 1, hour + 70, 1, 70, hour + 70, 70]) {
      await this.step({ do: 'work' })
      await this.step({ do: 'serve' })
      await this.step({ do: 'advance', seconds })
    }
    await this.#look(this.#fresh)
    const algs = [...this.#fresh.signers(this.#world.clock()).keys()]
    expect(algs.toSorted()).toEqual([...this.#lines].toSorted())
  }
}

function isAhead(time: Date | null, now: number): boolean {
  return time !== null && time.getTime() > now
}

/** Fails a statement before it is sent. */
function dying(mortal: Mortal): KyselyPlugin {
  return {
    transformQuery: ({ node }) => {
      mortal.live()
      return node
    },
    transformResult: async ({ result }) => result,
  }
}

function requireWrongState(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.code !== 'wrong_state') throw error
}

describe('the life of signing keys, in any order of what can happen', () => {
  test('C260: one signer a line, none before its lead, nothing empty, nothing revived, every token verifies to its end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { minLength: 5, maxLength: 30 }), async (given) => {
        const world = await openWorld(inject('services'))
        try {
          const run = await Run.open(world)
          for (const command of given) await run.play(command)
          await run.recover()
        } finally {
          await world.close()
        }
      }),
      { numRuns: inject('long') ? 200 : 6 },
    )
  }, 3_600_000)
})
