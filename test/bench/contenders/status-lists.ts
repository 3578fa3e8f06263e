import { generateKeyPairSync, randomInt, sign } from 'node:crypto'
import type { Database } from '@iam/domain/db'
import { PublishedLists, publishStatusLists, type StatusListStore } from '@iam/domain/status-list'
import { openPostgres } from '@iam/platform/postgres'
import pg from 'pg'
import type { Opened, Work } from '../agent/protocol.ts'
import { closedLoop } from '../load/closed-loop.ts'
import { withClient } from './events.ts'

type StatusListWork = Extract<Work, { kind: 'status lists' }>

/** Seconds between rounds. */
const round = 5
/** Half a per cent of ten million sessions of eight hours, in a round. */
const revokedInARound = 9

/** Publishes status lists to a store in memory, round after round. */
export async function openStatusLists({ urls, way, lists, revoked }: StatusListWork): Promise<Opened> {
  await fill(urls.superuser, lists, revoked)
  const { kysely, close } = openPostgres<Database>({ url: urls.worker, poolSize: 2 })
  const people = new pg.Client({ connectionString: urls.superuser })
  await people.connect()
  let now = Date.now()
  let published = new PublishedLists()
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const deps = {
    db: { kysely },
    clock: () => new Date(now),
    deployment: { env: 'bench', project: 'bench', region: 'bench', issuer: 'https://id.example.com' },
    lease: { name: 'status', owner: 'bench', epoch: '1' },
    store: inMemory(),
    signer: {
      kid: 'bench',
      alg: 'ES256',
      sign: (input: string) =>
        sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
    },
  }
  const publish = () => publishStatusLists({ ...deps, published })
  const pause = async () => {
    if (way === 'first build') published = new PublishedLists()
    if (way !== 'steady state') return
    now += round * 1000
    await revokeSome(people, revokedInARound)
  }
  return {
    // A leader has built everything before it comes to a usual round.
    prepare: async () => void (await publish()),
    run: (ms) => closedLoop(async () => (await publish()).lists >= lists, { workers: 1, ms, pause }),
    close: async () => {
      await people.end()
      await close()
    },
  }
}

function inMemory(): StatusListStore {
  const objects = new Map<string, { body: Buffer; generation: string }>()
  return {
    read: async (id) => objects.get(id),
    write: async (id, document, ifGeneration) => {
      const generation = String(Number(ifGeneration) + 1)
      objects.set(id, { body: Buffer.from(document), generation })
      return generation
    },
  }
}

/** Revoked slots alone: the publisher reads no other, and an index leads it to these. */
async function fill(url: string, lists: number, revoked: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(
      'insert into iam.status_list (shard) select generate_series(0, $1::int - 1) on conflict do nothing',
      [lists],
    )
    await client.query(
      `insert into iam.status_list_entry (shard, slot, tenant_id, grant_id, ends_at, revoked_at)
       select n % $1, floor(random() * 131072), 'ten_bench', 'grt_bench', now() + interval '8 hours', now()
         from generate_series(1, $1 * $2::int) n on conflict do nothing`,
      [lists, revoked],
    )
    await client.query('analyze iam.status_list_entry')
  })
}

async function revokeSome(people: pg.Client, many: number): Promise<void> {
  await people.query(
    `update iam.status_list_entry e set revoked_at = now()
       from (select shard, slot from iam.status_list_entry offset $2 limit $1) few
      where e.shard = few.shard and e.slot = few.slot`,
    [many, randomInt(10_000)],
  )
}
