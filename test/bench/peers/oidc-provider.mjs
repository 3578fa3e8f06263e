// oidc-provider as a peer, in plain JavaScript, because its start is measured too. What the workloads need beforehand
// is planted through its own models at /seed.
//
//   PORT, PEER_REDIS_URL (its tokens are then kept in Redis, otherwise in a Map)
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { Provider } from 'oidc-provider'
import { MapAdapter, RedisAdapter } from './oidc-adapters.mjs'

const port = Number(process.env['PORT'])
const redisUrl = process.env['PEER_REDIS_URL']
const day = 86_400
const scope = 'openid offline_access'
const signingKey = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  kid: 'bench',
  alg: 'ES256',
  use: 'sig',
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: adapterOn(redisUrl),
  clients: [
    {
      client_id: 'bench',
      client_secret: 'bench-secret',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://bench.example/callback'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [signingKey] },
  scopes: ['openid', 'offline_access'],
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  ttl: { AccessToken: 900, RefreshToken: 3600, Grant: day, IdToken: 900 },
  features: { devInteractions: { enabled: false } },
  interactions: { url: () => '/interaction' },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
})
provider.on('server_error', (_context, error) => console.error(error))

const callback = provider.callback()
createServer((request, response) => {
  if (request.url === '/health/live') {
    response.end('{}')
  } else if (request.url?.startsWith('/seed?') === true) {
    const count = new URL(request.url, 'http://peer').searchParams.get('count')
    seed(Number(count)).then(
      (tokens) => response.end(JSON.stringify(tokens)),
      (error) => response.writeHead(500).end(String(error)),
    )
  } else {
    callback(request, response)
  }
}).listen(port, '127.0.0.1')

/** So many refresh tokens, each of an account and a grant of its own. */
async function seed(count) {
  const client = await provider.Client.find('bench')
  const made = []
  for (let n = 0; n < count; n += 1) {
    const accountId = `usr_bench_${n}`
    const grant = new provider.Grant({ accountId, clientId: 'bench' })
    grant.addOIDCScope(scope)
    const authTime = Math.floor(Date.now() / 1000)
    const granted = {
      accountId,
      client,
      grantId: await grant.save(day),
      scope,
      authTime,
      gty: 'authorization_code',
    }
    made.push(await new provider.RefreshToken({ ...granted, rotations: 0, expiresWithSession: false }).save())
  }
  return made
}

function adapterOn(url) {
  if (url === undefined) return MapAdapter
  const redis = new Redis(url, { keyPrefix: 'oidc-provider:' })
  return (model) => new RedisAdapter(redis, model)
}
