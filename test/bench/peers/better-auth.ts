// better-auth with Postgres as a peer.
//
//   PORT, PEER_DATABASE_URL, PEER_COOKIE_CACHE (1: a session is believed from its signed cookie for five minutes)
import { createServer } from 'node:http'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import pg from 'pg'

const port = Number(process.env['PORT'])
const options: BetterAuthOptions = {
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'bench-secret-bench-secret-bench-secret',
  database: new pg.Pool({
    connectionString: process.env['PEER_DATABASE_URL'],
    max: 10,
    idleTimeoutMillis: 0,
  }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  advanced: { disableCSRFCheck: true },
  session: { cookieCache: { enabled: process.env['PEER_COOKIE_CACHE'] === '1', maxAge: 300 } },
}
const { runMigrations } = await getMigrations(options)
await runMigrations()
const handler = toNodeHandler(betterAuth(options))

createServer((request, response) => {
  if (request.url === '/health/live') response.end('{}')
  else void handler(request, response)
}).listen(port, '127.0.0.1')
