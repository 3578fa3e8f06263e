import { addPerson, systemTenant, type World } from '@iam/testkit/world'
import { openApp, type AppOptions, type TestApp } from './open-app.ts'

export type Person = Awaited<ReturnType<typeof addPerson>>

/** Everyone of a tenant that administration is about, an operator, and the owner of another tenant. */
export async function settle(world: World) {
  const { acme: tenantId, globex } = world
  const here = (email: string, role?: 'tenant.owner' | 'tenant.admin') =>
    addPerson(world, { tenantId, email: `${email}@acme.example`, role })
  return {
    owner: await here('owner', 'tenant.owner'),
    owner2: await here('owner2', 'tenant.owner'),
    admin: await here('admin', 'tenant.admin'),
    admin2: await here('admin2', 'tenant.admin'),
    member: await here('member'),
    member2: await here('member2'),
    stranger: await addPerson(world, {
      tenantId: globex,
      email: 'owner@globex.example',
      role: 'tenant.owner',
    }),
    operator: await addPerson(world, {
      tenantId: await systemTenant(world),
      email: 'operator@system.example',
      role: 'platform.operator',
    }),
    /** An operator's role counts in the system tenant alone. */
    pretender: await addPerson(world, {
      tenantId,
      email: 'pretender@acme.example',
      role: 'platform.operator',
    }),
    clerk: await addPerson(world, { tenantId: await systemTenant(world), email: 'clerk@system.example' }),
  }
}

export type People = Awaited<ReturnType<typeof settle>>

/** Logs somebody in. @returns what they send with every request. */
export async function bearerOf({ app, world }: TestApp, person: Person): Promise<{ authorization: string }> {
  const { tenantId, email } = person
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    headers: { 'x-tenant-id': tenantId },
    payload: { email, password: world.demo.password },
  })
  const { accessToken } = response.json<{ accessToken?: string }>()
  if (accessToken === undefined) throw new Error(`${email} cannot log in: ${response.body}`)
  return { authorization: `Bearer ${accessToken}` }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
export type Bearer = { readonly authorization: string }

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown> & {
    readonly code?: string
    readonly items?: { readonly id: string }[]
  }
  readonly headers: Record<string, unknown>
}

export interface Sent {
  readonly body?: object
  readonly headers?: Record<string, string>
  /** Another instance than the usual one. */
  readonly on?: TestApp
}

/** iam-api with everyone of `settle`, each logged in. */
export async function openOffice(options: AppOptions = {}) {
  const open = await openApp(options)
  const { world } = open
  const people = await settle(world)
  const bearers = new Map<keyof People, Bearer>()
  const logInAgain = async (...names: (keyof People)[]) => {
    for (const name of names) bearers.set(name, await bearerOf(open, people[name]))
  }
  await logInAgain(...(Object.keys(people) as (keyof People)[]))

  /** Asks as somebody; as nobody with `undefined`. */
  async function ask(
    who: keyof People | Bearer | undefined,
    [method, path]: readonly [Method, string],
    { body, headers = {}, on = open }: Sent = {},
  ): Promise<Answer> {
    const response = await on.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { ...(typeof who === 'string' ? bearers.get(who) : who), ...headers },
      ...(body === undefined ? {} : { payload: body }),
    })
    const text = response.body === '' ? '{}' : response.body
    return {
      status: response.statusCode,
      body: JSON.parse(text) as Answer['body'],
      headers: response.headers,
    }
  }

  let count = 0
  return {
    open,
    world,
    people,
    ask,
    logInAgain,
    /** Somebody nobody has met, of acme. */
    fresh: (role?: 'tenant.owner' | 'tenant.admin'): Promise<Person> =>
      addPerson(world, { tenantId: world.acme, email: `fresh${(count += 1)}@acme.example`, role }),
    /** What somebody sends with every request, logged in anew. */
    bearer: (person: Person) => bearerOf(open, person),
    /** The path of acme's people, or of what follows. */
    users: (rest = '') => `/tenants/${world.acme}/users${rest}`,
    logIn: ({ tenantId, email }: Person, password: string = world.demo.password) =>
      ask(undefined, ['POST', '/auth/login'], {
        body: { email, password },
        headers: { 'x-tenant-id': tenantId },
      }),
    /** What a session check answers: 200, or the code of its refusal. */
    session: (bearer: Bearer, on = open) =>
      ask(bearer, ['GET', '/auth/session'], { on }).then(({ status, body }) => body.code ?? status),
  }
}

export type Office = Awaited<ReturnType<typeof openOffice>>
