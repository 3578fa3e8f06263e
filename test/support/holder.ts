import { addPerson } from '@iam/testkit/world'
import { Authenticator } from './authenticator.ts'
import type { TestApp } from './open-app.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly body: Readonly<Record<string, unknown>> & { readonly code?: string }
}

export interface Person {
  readonly userId: `usr_${string}`
  readonly tenantId: `ten_${string}`
  readonly email: string
}

export interface Holder extends Person {
  readonly app: Authenticator
  readonly factorId: string
  readonly recoveryCodes: readonly string[]
}

let people = 0

/** What people with second factors do over REST. */
export class Holders {
  readonly #open: TestApp

  constructor(open: TestApp) {
    this.#open = open
  }

  async ask(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    { body, token, headers = {} }: { body?: object; token?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await this.#open.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { ...bearer, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    })
    const json = response.body === '' ? {} : response.json<Answer['body']>()
    return { status: response.statusCode, headers: response.headers, body: json }
  }

  async newPerson(): Promise<Person> {
    people += 1
    const { world } = this.#open
    return addPerson(world, { tenantId: world.acme, email: `holder${people}@acme.example` })
  }

  /** The first step. */
  async logIn({ email }: Pick<Person, 'email'>, given: object = {}, headers: Record<string, string> = {}) {
    const body = { email, password: this.#open.world.demo.password, ...given }
    return this.ask('POST', '/auth/login', { body, headers: { 'x-tenant-id': 'acme', ...headers } })
  }

  /** The access token of somebody who needs no second step. */
  async tokenOf(person: Pick<Person, 'email'>): Promise<string> {
    return textOf((await this.logIn(person)).body['accessToken'])
  }

  /** The challenge that the first step leads to. */
  async challengeOf(person: Pick<Person, 'email'>): Promise<string> {
    return challengeIn(await this.logIn(person))
  }

  verify(challenge: string, answer: object, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask('POST', '/auth/mfa/verify', { body: { challenge, ...answer }, headers })
  }

  /** Begins to add an authenticator app. */
  async begin(token: string) {
    const answer = await this.ask('POST', '/me/mfa-factors', {
      body: { kind: 'totp', name: 'my phone' },
      token,
    })
    const app = new Authenticator(textOf(answer.body['secret']), this.#open.world.clock)
    return { answer, app, factorId: textOf(answer.body['id']) }
  }

  confirm(token: string, factorId: string, code: string): Promise<Answer> {
    return this.ask('POST', `/me/mfa-factors/${factorId}/confirm`, { body: { code }, token })
  }

  /** Somebody who has an authenticator app, whose next code was not used yet. */
  async newHolder(): Promise<Holder> {
    const person = await this.newPerson()
    const token = await this.tokenOf(person)
    const { app, factorId } = await this.begin(token)
    const confirmed = await this.confirm(token, factorId, app.code())
    if (confirmed.status !== 200) throw new Error(`Not confirmed: ${JSON.stringify(confirmed.body)}`)
    await this.#open.world.testClock.advance(60)
    return { ...person, app, factorId, recoveryCodes: confirmed.body['recoveryCodes'] as string[] }
  }

  /** The answer to both steps of a login. */
  async logInFully(holder: Holder): Promise<Answer> {
    const answer = await this.verify(await this.challengeOf(holder), { code: holder.app.code() })
    await this.#open.world.testClock.advance(60)
    return answer
  }
}

export function challengeIn({ body }: Answer): string {
  const { id } = (body['challenge'] ?? {}) as { id?: unknown }
  return textOf(id)
}

export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`This is no text: ${JSON.stringify(value)}`)
  return value
}
