import { inflateSync } from 'node:zlib'
import { logIn, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { sql, type KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { holdLease } from '../lease/index.ts'
import type { StatusListClaims } from '../status-list-token/index.ts'
import { PublishedLists, publishStatusLists } from './index.ts'

/** Lets so many calls through, fails one, and lets the others through. */
class Fault {
  calls = 0
  readonly at: number
  readonly when: 'before' | 'after'

  constructor(at: number, when: 'before' | 'after') {
    this.at = at
    this.when = when
  }

  async around<T>(call: () => Promise<T>): Promise<T> {
    this.pass('before')
    const done = await call()
    this.pass('after')
    return done
  }

  pass(when: 'before' | 'after'): void {
    if (when === this.when && ++this.calls === this.at) throw new Error('an injected fault')
  }

  get plugin(): KyselyPlugin {
    return {
      transformQuery: ({ node }) => {
        this.pass('before')
        return node
      },
      transformResult: async ({ result }) => {
        this.pass('after')
        return result
      },
    }
  }
}

describe('status lists, whatever fails on the way', () => {
  let world: World
  const objects = new Map<string, { body: Buffer; generation: string }>()
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  async function round(published: PublishedLists, fault: Fault): Promise<void> {
    const lease = await holdLease(world.workerDb.kysely, { name: 'status', owner: 'worker', ttl: 3600 })
    if (lease === undefined) throw new Error('not the leader')
    await publishStatusLists({
      db: { kysely: world.workerDb.kysely.withPlugin(fault.plugin) },
      clock: world.clock,
      deployment: testDeployment,
      lease,
      published,
      store: {
        read: (id) => fault.around(async () => objects.get(id)),
        write: (id, document, ifGeneration) => fault.around(() => write(id, document, ifGeneration)),
      },
      signer: { kid: 'status', alg: 'ES256', sign: () => fault.around(async () => 'AA') },
    })
  }

  async function write(id: string, document: string, ifGeneration: string): Promise<string> {
    if (ifGeneration !== (objects.get(id)?.generation ?? '0')) throw new Error('changed meanwhile')
    const generation = String(Number(ifGeneration) + 1)
    objects.set(id, { body: Buffer.from(document), generation })
    return generation
  }

  async function revokeOne(): Promise<{ shard: number; slot: number }> {
    const { accessToken, session } = await logIn(world)
    const { grantId } = verifyAccessToken(world, accessToken)
    const entry = world.admin.selectFrom('iam.status_list_entry').select(['shard', 'slot'])
    const place = await entry.where('grant_id', '=', grantId).executeTakeFirstOrThrow()
    await sql`select iam.end_session(${world.acme}, ${session.id}, 'logout', ${world.clock()})`.execute(
      world.admin,
    )
    return place
  }

  function isRevoked({ shard, slot }: { shard: number; slot: number }): boolean {
    const payload = objects.get(`local-${shard}`)?.body.toString().split('.')[1] ?? ''
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as StatusListClaims
    const bits = inflateSync(Buffer.from(claims.status_list.lst, 'base64url'))
    return (((bits[slot >> 3] ?? 0) >> (slot & 7)) & 1) === 1
  }

  test.each(['before', 'after'] as const)(
    'C14: a fault %s any one call delays what is told, and loses none of it',
    async (when) => {
      let published = new PublishedLists()
      for (let at = 1, isOver = false; !isOver; at += 1) {
        // Every third time by a leader that has just begun.
        if (at % 3 === 0) published = new PublishedLists()
        const place = await revokeOne()
        const fault = new Fault(at, when)
        const failed = await round(published, fault).then(
          () => false,
          () => true,
        )
        isOver = fault.calls < at
        expect(failed).toBe(!isOver)
        await round(published, new Fault(Infinity, when))
        // A write that took effect and whose answer was lost has to be found first.
        await round(published, new Fault(Infinity, when))
        expect(isRevoked(place)).toBe(true)
        if (isOver) expect(at).toBeGreaterThan(5)
      }
    },
    300_000,
  )
})
