import { SoftAuthenticator, type CreationOptions, type RequestOptions } from '@iam/testkit/authenticator'
import { must, newPerson, poster, stateOf } from './iam-person.ts'
import type { Profile, Send } from './profile.ts'

/** People's authenticators: they are with the load, as they are with people. */
const authenticators = new Map<string, SoftAuthenticator>()

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
    const people: string[] = []
    for (let n = 0; n < count; n += 1) people.push(await addPasskey(send))
    return people
  },
}

interface Begun<Options> {
  readonly challenge: string
  readonly options: Options
}

async function addPasskey(send: Send): Promise<string> {
  const post = poster(send)
  const { email, bearer } = await newPerson(post)
  const begun = (await post('/me/passkeys/options', undefined, bearer)).json() as Begun<CreationOptions>
  const authenticator = new SoftAuthenticator(new URL(stateOf().issuer).origin)
  const passkey = authenticator.create(begun.options)
  must(await post('/me/passkeys', { challenge: begun.challenge, passkey }, bearer), 201)
  authenticators.set(email, authenticator)
  return email
}
