import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verifyAccessToken } from '@iam/domain/access-token'
import type { AnchorSigner } from '@iam/domain/key-set'
import { holdLease } from '@iam/domain/lease'
import {
  loadSigningKeys,
  publishKeySet,
  SigningKeys,
  statusLine,
  takeRegionPart,
  tendSigningKeys,
  tokenLines,
} from '@iam/domain/signing-key'
import { PublishedLists, publishStatusLists } from '@iam/domain/status-list'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { ServedKeySet } from '@iam/iam-jwks/served-key-set'
import { ServedStatusLists } from '@iam/iam-jwks/served-status-lists'
import { buildServer } from '@iam/iam-jwks/server'
import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { logIn, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { createVerifier, TokenRefused, type Verifier } from '@iam/verifier'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'

const { publisher, spare, endorser } = testAnchors
const { env, issuer } = testDeployment
const endorsementAnchors = [endorser.kid]
const pins = { env, issuer, anchors: [publisher.kid, spare.kid], endorsementAnchors }
const policy = { signFor: 604_800, verifyAfter: 172_800, activationLead: 0, announce: 0 }

/** A region: a database, a worker, a store for what it publishes, and an iam-jwks of its own. */
class Region {
  readonly name: string
  readonly world: World
  readonly server: Server
  /** What stands in its store: its key set, and its status lists by their names. */
  document = ''
  readonly lists = new Map<string, string>()
  readonly refused: unknown[] = []
  readonly #anchor: AnchorSigner
  readonly #keySet: ServedKeySet
  readonly #published = new PublishedLists()

  /** @param others the regions whose stores its iam-jwks knows, itself among them. */
  constructor(name: string, given: { world: World; anchor: AnchorSigner; others: Map<string, Region> }) {
    this.name = name
    this.world = given.world
    this.#anchor = given.anchor
    const refused = (...what: unknown[]) => void this.refused.push(what)
    const told = { taken: () => undefined, unpinned: refused, aged: refused }
    this.#keySet = new ServedKeySet({ ...pins, floor: {}, maxAge: 300 }, { ...told, refused })
    const statusLists = new ServedStatusLists({
      issuer,
      keySet: this.#keySet,
      read: async (id, region) => given.others.get(region)?.lists.get(id),
      now: this.world.clock,
      refused,
    })
    this.server = buildServer({ keySet: this.#keySet, statusLists })
  }

  get #deployment() {
    return { ...testDeployment, region: this.name }
  }

  /** What its worker does every few seconds, and then its iam-jwks and iam-api. */
  async round(other: Region): Promise<void> {
    const { workerDb: db, clock, signingKeys } = this.world
    const names = [other.name]
    const part = { pins: { ...pins, names }, region: other.name, document: other.document, now: clock() }
    if (other.document !== '') expect(await takeRegionPart(db.kysely, part)).toBeUndefined()
    const common = { db, clock, deployment: this.#deployment, ...(await this.#leader('keys')) }
    const lines = [...tokenLines(['ES256'], testWrapping), statusLine(testWrapping)]
    await tendSigningKeys({ ...common, endorser, policy, lines, servedKids: async () => this.#kids() })
    await publishKeySet({
      ...common,
      publisher: this.#anchor,
      keySetStore: {
        read: async () => undefined,
        write: async (written) => void (this.document = written.toString()),
      },
      regions: { ...pins, names },
      lifetime: 259_200,
      resignAfter: 3600,
    })
    await this.#keySet.offer(this.document, clock())
    const loading = {
      ...this.world,
      wrapping: testWrapping,
      deployment: this.#deployment,
      endorsementAnchors,
    }
    await loadSigningKeys({ ...loading, signingKeys })
    await this.#publishLists(loading)
  }

  #kids(): Set<string> {
    const answer = this.#keySet.answer('/.well-known/jwks.json')?.identity.body.toString() ?? '{"keys":[]}'
    return new Set((JSON.parse(answer) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid))
  }

  async #leader(name: string) {
    const { kysely } = this.world.workerDb
    const lease = await holdLease(kysely, { name, owner: 'worker', ttl: 30 })
    const system = await findDirectoryEntry(kysely, 'system')
    if (lease === undefined || system === undefined) throw new Error('not the leader')
    return { lease, systemTenantId: system.tenantId }
  }

  async #publishLists(loading: Parameters<typeof loadSigningKeys>[0]): Promise<void> {
    const { workerDb: db, clock } = this.world
    const signingKeys = new SigningKeys()
    await loadSigningKeys({ ...loading, db, purpose: 'status', signingKeys })
    const signer = signingKeys.signer(clock())
    if (signer === undefined) return
    const { lists } = this
    const store = {
      read: async (id: string) => {
        const stored = lists.get(id)
        return stored === undefined ? undefined : { body: Buffer.from(stored), generation: '1' }
      },
      write: async (id: string, written: string) => {
        lists.set(id, written)
        return '1'
      },
    }
    const { lease } = await this.#leader('status')
    const deployment = this.#deployment
    await publishStatusLists({ db, clock, deployment, lease, store, signer, published: this.#published })
  }

  /** A session that is opened here. */
  async logIn(): Promise<{ accessToken: string; end: () => Promise<unknown> }> {
    const { world } = this
    const { accessToken, session } = await logIn({ ...world, region: this.name })
    expect(verifyAccessToken(world, accessToken).tenantId).toBe(world.acme)
    const end = () =>
      sql`select iam.end_session(${world.acme}, ${session.id}, 'logout', ${world.clock()})`.execute(
        world.admin,
      )
    return { accessToken, end }
  }
}

/** An issuer in two regions, each with keys and status lists of its own, which services know by one address. */
describe('two regions behind one CDN', () => {
  let eu: Region
  let qa: Region
  let cdn: Server
  let verifier: Verifier
  /** The regions that the CDN reaches, by turns. */
  let origins: Region[]
  beforeEach(async () => {
    const regions = new Map<string, Region>()
    const open = async (name: string, anchor: AnchorSigner) => {
      const world = await openWorld(inject('services'))
      // Every world begins with the same keys.
      await world.admin.deleteFrom('iam.signing_key').execute()
      await world.admin.updateTable('iam.key_set_version').set({ region: name }).execute()
      const region = new Region(name, { world, anchor, others: regions })
      regions.set(name, region)
      return region
    }
    eu = await open('eu', publisher)
    qa = await open('qa', spare)
    origins = [eu, qa]
    let asked = 0
    cdn = createServer((request, response) => {
      asked += 1
      origins[asked % origins.length]?.server.emit('request', request, response)
    })
    await once(cdn.listen(0, '127.0.0.1'), 'listening')
    const address = `http://127.0.0.1:${(cdn.address() as AddressInfo).port}`
    verifier = createVerifier({
      issuer,
      keySetUrl: `${address}/.well-known/jwks.jwt`,
      pinned: { env, keySet: pins.anchors, endorsement: endorsementAnchors },
      audience: issuer,
      tenants: 'any',
      status: 'required',
      now: () => eu.world.clock().getTime(),
    })
    await rounds(4)
  })
  afterEach(async () => {
    cdn.closeAllConnections()
    cdn.close()
    for (const { world } of [eu, qa]) await world.close()
  })

  async function rounds(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      for (const { world } of [eu, qa]) await world.testClock.advance(31)
      await eu.round(qa)
      await qa.round(eu)
    }
  }

  const said = (token: string) =>
    verifier.verify(token).then(
      () => 'taken',
      (error: unknown) => (error instanceof TokenRefused ? error.reason : String(error)),
    )

  test('tokens of both are taken, and what is revoked in one is refused, whichever answers', async () => {
    const sessions = [await eu.logIn(), await qa.logIn(), await qa.logIn()] as const
    const all = async () => Promise.all(sessions.map(({ accessToken }) => said(accessToken)))
    await rounds(1)
    expect(await all()).toEqual(['taken', 'taken', 'taken'])
    await sessions[1].end()
    await rounds(1)
    expect(await all()).toEqual(['taken', 'revoked', 'taken'])
    await sessions[0].end()
    await rounds(1)
    expect(await all()).toEqual(['revoked', 'revoked', 'taken'])
    expect([...eu.lists.keys()].every((id) => id.startsWith('eu-'))).toBe(true)
    expect([...qa.lists.keys()].every((id) => id.startsWith('qa-'))).toBe(true)
    expect([...eu.refused, ...qa.refused]).toEqual([])
  })

  test.each(['eu', 'qa'])('while %s alone answers, it has keys and lists of both', async (name) => {
    const sessions = [await eu.logIn(), await qa.logIn()] as const
    origins = [eu, qa].filter((region) => region.name === name)
    await rounds(1)
    for (const { accessToken } of sessions) expect(await said(accessToken)).toBe('taken')
    for (const session of sessions) await session.end()
    await rounds(1)
    for (const { accessToken } of sessions) expect(await said(accessToken)).toBe('revoked')
  })

  test('a list under the name of another region is refused there, and the last good one stays', async () => {
    const { accessToken } = await qa.logIn()
    await rounds(1)
    expect(await said(accessToken)).toBe('taken')
    for (const [id, list] of eu.lists) qa.lists.set(id.replace('eu-', 'qa-'), list)
    for (const { world } of [eu, qa]) await world.testClock.advance(31)
    expect(await said(accessToken)).toBe('taken')
    expect(eu.refused.concat(qa.refused)).toContainEqual([expect.stringMatching(/^qa-/), 'another_list'])
  })
})
