// Logs in as the demo user, the way .dev/state.json of the current directory says, and checks that the token's
// key is one that the issuer publishes. Runs on Node 20 and uses no packages.
import { readFileSync } from 'node:fs'

const { issuer, tenant, user } = JSON.parse(readFileSync('.dev/state.json', 'utf8'))

const answer = await fetch(`${issuer}/api/v1/auth/login`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-tenant-id': tenant.id },
  body: JSON.stringify(user),
})
const { accessToken, ...problem } = await answer.json()
if (answer.status !== 200) throw new Error(`Login answered ${answer.status}: ${JSON.stringify(problem)}`)

const { kid } = JSON.parse(Buffer.from(accessToken.split('.')[0], 'base64url').toString())
const { keys } = await (await fetch(`${issuer}/.well-known/jwks.json`)).json()
if (!keys.some((key) => key.kid === kid)) throw new Error(`The token's key ${kid} is not published.`)
console.log(`Logged in as ${user.email}; the token's key is published.`)
