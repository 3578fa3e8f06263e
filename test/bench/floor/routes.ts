import { randomUUID, type KeyObject } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { hash, verify } from '@node-rs/argon2'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { password as seededPassword } from '../profiles/profile.ts'
import { accessToken, hashOf, refreshToken } from './tokens.ts'

export interface FloorDeps {
  readonly pool: pg.Pool
  readonly redis: Redis
  readonly key: KeyObject
}

interface User {
  readonly id: string
  readonly password_hash: string
}

const tid = 'ten_floor'
/** The service's own parameters; as many at a time as there are requests. */
const argon2 = { memoryCost: 65_536, timeCost: 3, parallelism: 4 }

/** Answers one request of the workloads, or of the bench that fills the tables. */
export async function answer(
  deps: FloorDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { url = '/' } = request
  if (url === '/session') return send(response, await session(deps, request))
  if (url === '/refresh') return send(response, await refresh(deps, await bodyOf(request)))
  if (url === '/refresh-recorded') return send(response, await refreshRecorded(deps, await bodyOf(request)))
  if (url === '/login') return send(response, await login(deps, await bodyOf(request)))
  if (url.startsWith('/seed?'))
    return send(response, await seed(deps, new URL(url, 'http://floor').searchParams))
  return send(response, url === '/health/live' ? { status: 'ok' } : undefined)
}

function send(response: ServerResponse, answer: object | undefined): void {
  const body = Buffer.from(JSON.stringify(answer ?? {}))
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  }
  response.writeHead(answer === undefined ? 401 : 200, headers).end(body)
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  return JSON.parse(await text(request)) as Record<string, string>
}

/** One GET. */
async function session({ redis }: FloorDeps, { headers }: IncomingMessage): Promise<object | undefined> {
  const found = await redis.get(`floor:${headers.cookie?.slice('sid='.length) ?? ''}`)
  return found === null ? undefined : { active: true, ...(JSON.parse(found) as object) }
}

/** One call, one signature. */
async function refresh(
  { pool, key }: FloorDeps,
  body: Record<string, string>,
  rotate = 'rotate',
): Promise<object | undefined> {
  const next = refreshToken()
  const event = JSON.stringify({ at: Date.now() })
  const rotated = await pool.query<{ user_id: string; session_id: string }>({
    name: rotate,
    text: `select user_id, session_id from ${rotate}($1, $2, $3, $4, $5)`,
    values: [tid, hashOf(body['refreshToken'] ?? ''), randomUUID(), next.hash, event],
  })
  const [row] = rotated.rows
  if (row === undefined) return undefined
  const token = accessToken(key, { sub: row.user_id, sid: row.session_id, tid })
  return { accessToken: token, tokenType: 'Bearer', expiresIn: 900, refreshToken: next.token }
}

/** The same with a limit counted and a cached session read, on one way to Redis, and with everything recorded. */
async function refreshRecorded(deps: FloorDeps, body: Record<string, string>): Promise<object | undefined> {
  const key = `floor:limit:${hashOf(body['refreshToken'] ?? '').toString('base64url')}`
  await Promise.all([
    deps.redis.set(key, 0, 'EX', 60, 'NX'),
    deps.redis.incr(key),
    deps.redis.get('floor:session'),
  ])
  return refresh(deps, body, 'rotate_recorded')
}

/** Two calls, one hash, one signature, one SET. */
async function login(deps: FloorDeps, body: Record<string, string>): Promise<object | undefined> {
  const user = await findUser(deps, body['email'] ?? '')
  if (user === undefined || !(await verify(user.password_hash, body['password'] ?? ''))) return undefined
  const { sid, token } = await openSession(deps, user.id)
  const access = accessToken(deps.key, { sub: user.id, sid, tid })
  return { accessToken: access, tokenType: 'Bearer', expiresIn: 900, refreshToken: token }
}

async function findUser({ pool }: FloorDeps, email: string): Promise<User | undefined> {
  const text = 'select id, password_hash from find_user($1, $2)'
  const found = await pool.query<User>({ name: 'find_user', text, values: [tid, email] })
  return found.rows[0]
}

async function openSession(
  { pool, redis }: FloorDeps,
  userId: string,
): Promise<{ sid: string; token: string }> {
  const sid = randomUUID()
  const { token, hash } = refreshToken()
  const event = JSON.stringify({ at: Date.now() })
  const values = [tid, userId, sid, randomUUID(), hash, event]
  await pool.query({ name: 'open_session', text: 'select open_session($1, $2, $3, $4, $5, $6)', values })
  await redis.set(`floor:${sid}`, JSON.stringify({ sub: userId, sid, tid }), 'EX', 3600)
  return { sid, token }
}

async function seed(deps: FloorDeps, wanted: URLSearchParams): Promise<string[]> {
  const fixture = wanted.get('fixture')
  const made: string[] = []
  for (let n = 0; n < Number(wanted.get('count')); n += 1) {
    const email = `bench-${n}@bench.example`
    const user = (await findUser(deps, email)) ?? (await addUser(deps, email))
    const { sid, token } = await openSession(deps, user.id)
    made.push(fixture === 'user' ? email : fixture === 'refresh' ? token : sid)
  }
  return made
}

async function addUser(deps: FloorDeps, email: string): Promise<User> {
  const client = await deps.pool.connect()
  try {
    await client.query('begin')
    await client.query(`select set_config('app.tenant_id', $1, true)`, [tid])
    const insert =
      'insert into users (tenant_id, email, password_hash) values ($1, $2, $3) returning id, password_hash'
    const added = await client.query<User>(insert, [tid, email, await hash(seededPassword, argon2)])
    await client.query('commit')
    const [user] = added.rows
    if (user === undefined) throw new Error('The user was not added.')
    return user
  } finally {
    client.release()
  }
}
