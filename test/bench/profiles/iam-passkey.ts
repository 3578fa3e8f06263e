import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SoftAuthenticator, type CreationOptions, type RequestOptions } from '@iam/testkit/authenticator'
import { json, password, type Profile, type Send } from './profile.ts'

interface State {
  readonly issuer: string
  readonly tenant: { readonly id: string }
}

/** People's authenticators: they are with the load, as they are with people. */
const authenticators = new Map<string, SoftAuthenticator>()

const stateOf = () => JSON.parse(readFileSync(process.env['IAM_STATE'] ?? '.dev/state.json', 'utf8')) as State

/** This service, where people log in by a passkey: two requests, of which the second counts. */
export const iamPasskey: Profile = {
  has: (workload) => workload === 'login',
  login: async (send, user) => {
    const post = poster(send)
    const authenticator = authenticators.get(user)
    if (authenticator === undefined) throw new Error(`${user} has no passkey.`)
    const begun = (await post('/auth/passkey/options', {})).json() as Begun<RequestOptions>
    const passkey = authenticator.get(begun.options)
    return post('/auth/passkey/verify', { challenge: begun.challenge, passkey })
  },
  seed: async (send, _fixture, count) => {
    const people = Array.from({ length: count }, () => `bench-${randomUUID()}@bench.example`)
    for (const email of people) authenticators.set(email, await addPasskey(send, email))
    return people
  },
}

interface Begun<Options> {
  readonly challenge: string
  readonly options: Options
}

async function addPasskey(send: Send, email: string): Promise<SoftAuthenticator> {
  const post = poster(send)
  await post('/auth/register', { email, password })
  const { accessToken } = (await post('/auth/login', { email, password })).json() as { accessToken: string }
  const bearer = { authorization: `Bearer ${accessToken}` }
  const begun = (await post('/me/passkeys/options', undefined, bearer)).json() as Begun<CreationOptions>
  const authenticator = new SoftAuthenticator(new URL(stateOf().issuer).origin)
  const passkey = authenticator.create(begun.options)
  const added = await post('/me/passkeys', { challenge: begun.challenge, passkey }, bearer)
  if (added.status !== 201)
    throw new Error(`No passkey was added: ${added.status} ${added.text.slice(0, 200)}`)
  return authenticator
}

function poster(send: Send) {
  const tenant = { 'x-tenant-id': stateOf().tenant.id }
  return (path: string, body: object | undefined, headers: Record<string, string> = {}) =>
    body === undefined
      ? send('POST', `/api/v1${path}`, { ...tenant, ...headers })
      : send('POST', `/api/v1${path}`, { ...json, ...tenant, ...headers }, JSON.stringify(body))
}
