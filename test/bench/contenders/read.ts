import { build, inOneFlight, type Database, type Db } from '@iam/domain/db'
import { openPostgres } from '@iam/platform/postgres'
import { sql } from 'kysely'
import pg from 'pg'
import type { Opened, Work } from '../agent/protocol.ts'
import { closedLoop, type Operation } from '../load/closed-loop.ts'

type ReadWork = Extract<Work, { kind: 'read' }>
interface Key {
  readonly tenantId: string
  readonly id: string
}
interface Reader {
  readonly read: Operation
  readonly close: () => Promise<unknown>
}

const poolSize = 10

/** Reads one session by its key, over and over, in one of three ways. Any of the sessions there will do. */
export async function openRead(work: ReadWork): Promise<Opened> {
  const key = await anySession(work.urls.superuser)
  const { read, close } = readers[work.way](work, key)
  return {
    run: (ms) => closedLoop(read, { workers: work.workers, ms }),
    close: async () => void (await close()),
  }
}

const readers: Record<ReadWork['way'], (work: ReadWork, key: Key) => Reader> = {
  /** What the read costs by itself: as a login that row-level security does not apply to. */
  'named select': ({ urls }, { tenantId, id }) => {
    const pool = new pg.Pool({ connectionString: urls.superuser, max: poolSize, idleTimeoutMillis: 0 })
    const text =
      'select id, user_id, amr, acr, auth_time, expires_at from iam.session where tenant_id = $1 and id = $2'
    return {
      read: async () => (await pool.query({ name: 'session', text, values: [tenantId, id] })).rowCount === 1,
      close: () => pool.end(),
    }
  },

  'in one flight': ({ urls }, key) => {
    const { db, close } = openDb(urls.api)
    return {
      read: async () => {
        const [rows] = await inOneFlight(db, { tenantId: key.tenantId }, [sessionOf(key)])
        return rows.length === 1
      },
      close,
    }
  },

  /** As the query builder's manual does it; its statements are prepared like ours. */
  'kysely transaction': ({ urls }, key) => {
    const { db, close } = openDb(urls.api)
    return {
      read: async () =>
        db.kysely.transaction().execute(async (tx) => {
          await sql`select set_config('app.tenant_id', ${key.tenantId}, true)`.execute(tx)
          return (await tx.executeQuery(sessionOf(key))).rows.length === 1
        }),
      close,
    }
  },
}

function sessionOf({ tenantId, id }: Key) {
  return build
    .selectFrom('iam.session')
    .select(['id', 'user_id', 'amr', 'acr', 'auth_time', 'expires_at'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .compile()
}

function openDb(url: string): { db: Db; close: () => Promise<void> } {
  const { kysely, flights, close } = openPostgres<Database>({ url, poolSize })
  return { db: { kysely, flights }, close }
}

async function anySession(url: string): Promise<Key> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const found = await client.query<Key>('select tenant_id as "tenantId", id from iam.session limit 1')
    const [key] = found.rows
    if (key === undefined) throw new Error('There is no session to read: log somebody in first.')
    return key
  } finally {
    await client.end()
  }
}
