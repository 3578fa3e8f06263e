// This service, for the outside yardstick and for the bench beside it. Everything goes through the public API of a
// running stack; which tenant is read from its state file. How to run it: ../README.md.
import { readFileSync } from 'node:fs'

const { tenant } = JSON.parse(readFileSync(process.env.IAM_STATE ?? '.dev/state.json', 'utf8'))
const password = 'correct horse battery staple'
const json = { 'content-type': 'application/json' }
const ofTenant = { ...json, 'x-tenant-id': tenant.id }

const login = (send, email) =>
  send('POST', '/api/v1/auth/login', ofTenant, JSON.stringify({ email, password }))

/** Logs a person in, who is registered first unless that was done before. */
async function openSession(send, email) {
  const known = await login(send, email)
  if (known.status === 200) return known.json()
  const registered = await send(
    'POST',
    '/api/v1/auth/register',
    ofTenant,
    JSON.stringify({ email, password }),
  )
  const opened = await login(send, email)
  if (opened.status === 200) return opened.json()
  throw new Error(`Seeding failed: ${registered.status}, then ${opened.status} ${opened.text.slice(0, 200)}`)
}

// oxlint-disable-next-line import/no-default-export -- the outside yardstick imports it so
export default {
  has: (workload) => ['login', 'refresh', 'session', 'jwks', 'jwks304', 'discovery'].includes(workload),
  client: { id: 'first-party', secret: '' }, // the yardstick asks for one, though refreshing here takes none
  paths: { jwks: '/.well-known/jwks.json', discovery: '/.well-known/openid-configuration' },
  login,
  session: (send, accessToken) =>
    send('GET', '/api/v1/auth/session', { authorization: `Bearer ${accessToken}` }),
  refresh: (send, refreshToken) =>
    send('POST', '/api/v1/auth/refresh', json, JSON.stringify({ refreshToken })),

  /** One user, session or refresh family for each worker. */
  async seed(send, fixture, count) {
    const made = []
    for (let n = 0; n < count; n += 1) {
      const email = `bench-${n}@bench.example`
      const { accessToken, refreshToken } = await openSession(send, email)
      made.push({ user: email, session: accessToken, refresh: refreshToken }[fixture])
    }
    return made
  },
}
