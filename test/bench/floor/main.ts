// The floor of the bench: what the service's hot paths must at least do, in bare node:http. A yardstick and no
// design: it validates, limits and logs nothing.
//
//   FLOOR_DATABASE_URL, FLOOR_REDIS_URL, PORT
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import pg from 'pg'
import { newSigningKey } from './tokens.ts'
import { answer, type FloorDeps } from './routes.ts'

const pool = new pg.Pool({
  connectionString: process.env['FLOOR_DATABASE_URL'],
  max: 10,
  idleTimeoutMillis: 0,
})
const redis = new Redis(process.env['FLOOR_REDIS_URL'] ?? '', { enableAutoPipelining: true })
const deps: FloorDeps = { pool, redis, key: newSigningKey() }

const server = createServer((request, response) => {
  answer(deps, request, response).catch((error: unknown) => {
    console.error(error)
    response.writeHead(500).end('{}')
  })
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
