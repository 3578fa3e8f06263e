import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mintAccessToken, verifyAccessToken } from '@iam/domain/access-token'
import { signerIn } from '@iam/domain/signing-key'
import { issueChallenge } from '@iam/domain/challenge'
import { hashPassword } from '@iam/domain/credential'
import { inOneFlight } from '@iam/domain/db'
import { beginTotp } from '@iam/domain/factor'
import { newId, type Id } from '@iam/domain/kit'
import { logInWithPassword, logOut } from '@iam/domain/session'
import { createUser, type CreateUser } from '@iam/domain/user'
import { holdDevice, type World } from '@iam/testkit/world'

/**
 * What requests stand for until they are sent: requests are made up before anybody is there to send them. A text
 * `«live»` anywhere in one becomes a token that is good now.
 */
export type Props = Readonly<Record<`«${string}»`, string>>

/** What stands for a token that is, or may be, good. */
export const goodTokens = ['«live»', '«administrator»'] as const

/** What stands for a token that must not be good any more, or never was. */
export const badTokens = [
  '«of another tenant»',
  '«expired»',
  '«ended»',
  '«foreign»',
  '«unsigned»',
  '«refresh»',
] as const

/** Adds a tenant that is `suspended` and one whose home is `abroad`, for requests to name. */
export async function addAbsentTenants({ admin, clock }: World): Promise<void> {
  const now = clock()
  const common = { status: 'active', region: 'local', updated_at: now }
  await admin
    .insertInto('iam.directory')
    .values([
      { ...common, tenant_id: newId('ten', now), slug: 'suspended', status: 'suspended' },
      { ...common, tenant_id: newId('ten', now), slug: 'abroad', region: 'elsewhere' },
    ])
    .execute()
}

/**
 * People of two tenants, as a test wants them: nobody has touched them yet. What an earlier request made of the tenants'
 * policies is undone, since people could not log in by some.
 */
export async function newCast(world: World): Promise<Props> {
  await world.admin.updateTable('iam.tenant').set({ policy: '{}' }).execute()
  const person = await newPerson(world, world.acme)
  const administrator = await newPerson(world, world.acme, 'tenant.owner')
  const stranger = await newPerson(world, world.globex)
  const leaver = await newPerson(world, world.acme)
  await logOut(world, { tenantId: world.acme, grantId: leaver.grantId, origin: world.origin })
  return {
    '«tenant»': world.acme,
    '«other tenant»': world.globex,
    '«email»': person.email,
    '«other email»': stranger.email,
    '«new email»': `${randomUUID()}@acme.example`,
    '«password»': world.demo.password,
    '«new password»': `a ${randomUUID()} nobody guesses`,
    '«user»': person.user.id,
    '«other user»': stranger.user.id,
    '«colleague»': leaver.user.id,
    '«session»': person.session.id,
    '«other session»': stranger.session.id,
    '«device»': await deviceOf(world, person),
    '«other device»': await deviceOf(world, stranger),
    '«factor»': await begunFactor(world, person.user.id),
    '«challenge»': await challengeFor(world, leaver.user.id, 'second_factor'),
    '«challenge to add»': await challengeFor(world, leaver.user.id, 'factor_enrol'),
    '«live»': person.accessToken,
    '«administrator»': administrator.accessToken,
    '«refresh»': person.refreshToken,
    '«other refresh»': stranger.refreshToken,
    '«ended refresh»': leaver.refreshToken,
    '«cookie»': `__Host-iam_refresh_${world.acme.slice(4)}=${person.refreshToken}`,
    '«of another tenant»': stranger.accessToken,
    '«ended»': leaver.accessToken,
    ...(await forgeries(world, person.accessToken)),
  }
}

async function newPerson(world: World, tenantId: Id<'ten'>, role?: CreateUser['role']) {
  const { password } = world.demo
  const email = `${randomUUID()}@fuzz.example`
  const hashed = await hashPassword(world, { tenantId, password })
  await createUser(world, { tenantId, email, password: hashed, ...(role === undefined ? {} : { role }) })
  const opened = await logInWithPassword(world, { tenantId, email, password, origin: world.origin })
  return { ...opened, email, grantId: verifyAccessToken(world, opened.accessToken).grantId }
}

/** An authenticator app that waits to be confirmed. */
async function begunFactor(world: World, userId: Id<'usr'>): Promise<string> {
  const { acme: tenantId, origin } = world
  return (await beginTotp(world, { tenantId, userId, origin })).id
}

/** A device that somebody has registered in their session. */
async function deviceOf(world: World, opened: Awaited<ReturnType<typeof newPerson>>): Promise<string> {
  const { amr, authTime } = verifyAccessToken(world, opened.accessToken)
  const { user, session, grantId } = opened
  const call = {
    tenantId: user.tenantId,
    userId: user.id,
    sessionId: session.id,
    grantId,
    login: { amr, authTime },
    origin: world.origin,
  }
  return (await holdDevice(world, call)).deviceId
}

/** The challenge of a login whose password was right. */
async function challengeFor(
  world: World,
  userId: Id<'usr'>,
  kind: 'second_factor' | 'factor_enrol',
): Promise<string> {
  const { acme: tenantId, clock } = world
  const risk = { id: newId('lgn', clock()), reasons: [] }
  const facts = { amr: ['pwd'], passwordOf: null, isNewDevice: false, device: null, risk }
  const { token, insert } = issueChallenge(world, { tenantId, kind, userId, facts })
  await inOneFlight(world.db, { tenantId }, [insert])
  return token
}

/** Tokens that only look good. */
async function forgeries(world: World, live: string) {
  const [header = '', payload = ''] = live.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Parameters<
    typeof mintAccessToken
  >[1]
  const ours = world.signingKeys.signer(world.clock())
  if (ours === undefined) throw new Error('No key can sign.')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const sign = signerIn('ES256', privateKey)
  const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
  return {
    '«expired»': await mintAccessToken(ours, { ...claims, iat: claims.iat - 3600, exp: claims.iat - 60 }),
    '«foreign»': await mintAccessToken({ ...ours, header, sign }, claims),
    '«unsigned»': `${unsigned}.${payload}.`,
  }
}

/** A request's value with every `«…»` in it replaced. */
export function staged<Value>(value: Value, props: Props): Value {
  if (typeof value === 'string') {
    return value.replaceAll(/«[^»]+»/g, (name) => props[name as `«${string}»`] ?? name) as Value
  }
  if (Array.isArray(value)) return value.map((item) => staged<unknown>(item, props)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, staged<unknown>(member, props)]),
  ) as Value
}
