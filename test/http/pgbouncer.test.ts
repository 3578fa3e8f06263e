import { startPgbouncer } from '@iam/local-stack/pgbouncer'
import { testDatabase, type TestDatabase } from '@iam/testkit/servers'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { openApp } from '../support/open-app.ts'

test('the whole login path works behind PgBouncer in transaction mode', async () => {
  const pooler = await startPgbouncer({
    postgresPort: inject('services').postgresPort,
    poolMode: 'transaction',
    poolSize: 2,
  })
  const database = await testDatabase(inject('services'))
  await waitPatiently(database)
  const { app, world, close } = await openApp({ database, poolerPort: pooler.port })
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const payload = body === undefined ? {} : { payload: body as object }
    const response = await app.inject({ method: 'POST', url: `/api/v1/auth/${path}`, headers, ...payload })
    return {
      status: response.statusCode,
      body: response.body === '' ? {} : response.json<Record<string, string>>(),
    }
  }
  const tenant = { 'x-tenant-id': 'acme' }
  const account = { email: 'grace@acme.example', password: 'a long enough password' }
  expect((await post('register', account, tenant)).status).toBe(202)
  // More clients than the pooler has connections, so that each is handed from one to the other.
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      const login = await post('login', account, tenant)
      expect(login.status).toBe(200)
      const second = await post('refresh', { refreshToken: login.body['refreshToken'] })
      expect(second.status).toBe(200)
      const bearer = { authorization: `Bearer ${second.body['accessToken']}` }
      expect((await app.inject({ url: '/api/v1/me', headers: bearer })).statusCode).toBe(200)
      expect((await post('logout', undefined, bearer)).status).toBe(204)
      expect((await post('refresh', { refreshToken: second.body['refreshToken'] })).body['code']).toBe(
        'invalid_grant',
      )
    }),
  )
  expect(world.waits.count).toBeGreaterThan(0)
  await close()
  await pooler.stop()
})

/** What waits for a lock on a busy machine waits longer than in production. PgBouncer takes no options, so the role does. */
async function waitPatiently(database: TestDatabase): Promise<void> {
  const admin = new pg.Client({ connectionString: database.urlFor('postgres') })
  await admin.connect()
  for (const setting of ['lock_timeout', 'statement_timeout'])
    await admin.query(`alter role iam_api in database ${database.name} set ${setting} = '30s'`)
  await admin.end()
}
