import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { holdLease } from '@iam/domain/lease'
import { compromiseSigningKey, publishKeySet, purgeKeySet } from '@iam/domain/signing-key'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { ServedKeySet } from '@iam/iam-jwks/served-key-set'
import { ServedStatusLists } from '@iam/iam-jwks/served-status-lists'
import { buildServer } from '@iam/iam-jwks/server'
import { openCdn } from '@iam/platform/cdn'
import { testAnchors } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { NginxCache } from '../support/nginx-cache.ts'

const settings = { signFor: 1e6, verifyAfter: 1e6, leastLead: 1e5, verifierCache: 600, announce: 60 }
const { publisher, endorser } = testAnchors
const nothing = () => undefined

/** From the database to a real cache: what the worker, Cloud CDN's API and what is behind it do, one after another. */
describe('a key that is given up, and the CDN in front', () => {
  let world: World
  let systemTenantId: `ten_${string}`
  let keySet: ServedKeySet
  let server: Server
  let api: Server
  let nginx: NginxCache
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    systemTenantId = (await findDirectoryEntry(world.workerDb.kysely, 'system'))?.tenantId ?? 'ten_none'
    const { env, issuer } = testDeployment
    const pins = { env, issuer, anchors: [publisher.kid], endorsementAnchors: [endorser.kid] }
    const told = { taken: nothing, refused: nothing, unpinned: nothing, aged: nothing }
    keySet = new ServedKeySet({ ...pins, floor: {}, maxAge: 300 }, told)
    const read = async () => undefined
    const statusLists = new ServedStatusLists({ issuer, keySet, read, now: world.clock, refused: nothing })
    server = buildServer({ keySet, statusLists })
    nginx = await NginxCache.start(await listening(server))
    // `urlMaps.invalidateCache` of Compute Engine, with nginx for the caches that it reaches.
    api = createServer((request, response) => {
      void json(request).then((body) => {
        nginx.forget((body as { path: string }).path)
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ kind: 'compute#operation', operationType: 'invalidateCache' }))
      })
    })
  })
  afterAll(async () => {
    await nginx.stop()
    for (const open of [server, api]) open.close()
    await world.close()
  })

  async function listening(open: Server): Promise<string> {
    await once(open.listen(0, '127.0.0.1'), 'listening')
    return `http://127.0.0.1:${(open.address() as AddressInfo).port}`
  }

  async function publish(): Promise<void> {
    await world.testClock.advance(31)
    const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner: 'worker', ttl: 30 })
    if (lease === undefined) throw new Error('not the leader')
    let document = ''
    const write = async (written: Buffer) => void (document = written.toString())
    const deps = { db: world.workerDb, clock: world.clock, lease, systemTenantId, deployment: testDeployment }
    const keySetStore = { read: async () => undefined, write }
    await publishKeySet({ ...deps, publisher, keySetStore, lifetime: 86_400, resignAfter: 1 })
    expect(await keySet.offer(document, world.clock())).toBe(true)
  }

  const asked = async (path: string) => {
    const response = await fetch(`${nginx.url}${path}`)
    return { status: response.status, body: await response.text() }
  }
  const paths = (kid: string) => [
    '/.well-known/jwks.json',
    '/.well-known/jwks.jwt',
    `/.well-known/jwks/${kid}.json`,
  ]

  test('C24: is in no cache any more once that was told to let go, and until then it is', async () => {
    const cdn = openCdn({ url: 'cloud-cdn://p/m', host: 'id.example', endpoint: await listening(api) })
    if (cdn === undefined) throw new Error('There is none.')
    const purge = () => purgeKeySet({ db: world.workerDb, deployment: testDeployment, cdn, purgeAfter: 15 })
    await publish()
    await world.testClock.advance(16)
    await purge()
    const kid = world.signingKeys.signer(world.clock())?.kid ?? ''
    const all = () => Promise.all(paths(kid).map(asked))
    const before = await all()
    expect(before.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(before[0]?.body).toContain(kid)

    const { workerDb: db, clock } = world
    await compromiseSigningKey({ db, clock, systemTenantId, settings }, { kid })
    await publish()
    expect(await all()).toEqual(before) // kept for five minutes, which nobody can call back
    expect(await purge()).toBe(false) // some iam-jwks may serve the old one still, which would be cached anew
    await world.testClock.advance(16)
    expect(await purge()).toBe(true)
    const [plain, signed, one] = await all()
    expect(plain?.body).not.toContain(kid)
    expect(signed?.body).not.toBe(before[1]?.body)
    expect(one?.status).toBe(404)
  })
})
