import { changePolicy, readPolicy, type PolicyView } from '@iam/domain/administration'
import { policyBounds } from '@iam/domain/tenant'
import type { FastifyReply } from 'fastify'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { administrativeCall } from '../../http/administrative-call.ts'
import { administration, refusals, TenantPath, WriteHeaders, writeRefusals } from './schemas.ts'

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const Domain = Type.String({ maxLength: 253, pattern: `^${label}(?:\\.${label})+$` })
const Country = Type.String({ pattern: '^[A-Z]{2}$' })
const RelyingPartyId = Type.String({ maxLength: 253, pattern: `^(?:localhost|${label}(?:\\.${label})+)$` })
const Origin = Type.String({
  maxLength: 300,
  pattern: `^(?:https://${label}(?:\\.${label})+|https?://localhost)(?::[1-9][0-9]{1,4})?$`,
})
const number = (name: keyof typeof policyBounds, description: string) =>
  Type.Integer({ ...policyBounds[name], description })

const members = {
  selfRegistration: Type.Boolean({ description: 'Whether strangers may make themselves an account.' }),
  allowedDomains: Type.Array(Domain, {
    maxItems: 100,
    description:
      'Whose addresses strangers may register with, and people may change theirs to; none for any. Administrators may invite from anywhere. Lower case; IDNs in Punycode.',
  }),
  passwordLogin: Type.Boolean({
    description: 'Whether passwords log in. Where they do not, none can be set and no mail offers one.',
  }),
  passwordMinLength: number('passwordMinLength', 'In Unicode code points.'),
  passwordHistory: number('passwordHistory', 'How many of the last passwords cannot be chosen again.'),
  breachCheck: Type.Enum(['off', 'open', 'closed'], {
    description:
      'Whether new passwords are looked for among breached ones, and what happens while that fails.',
  }),
  breachedPasswords: Type.Enum(['tell', 'replace'], {
    description:
      'What happens when a password is found among breached ones later: the person is told, or it lets nobody in.',
  }),
  breachAudit: Type.Boolean({
    description:
      'Whether people’s confirmed addresses are looked for in breaches of other services, which tells another service about them: by the operator’s choice the beginnings of their hashes, or the addresses.',
  }),
  sessionSeconds: number('sessionSeconds', 'From login to the session’s end.'),
  sessionIdleSeconds: number('sessionIdleSeconds', 'How long a session lasts without being used.'),
  maxSessions: number('maxSessions', 'Sessions of one person at a time; one more ends the oldest.'),
  mfa: Type.Enum(['off', 'optional', 'required', 'risk'], {
    description:
      'Who is asked for a second factor: nobody, those who have one, everybody, or those whose login is unusual. With everybody, who has none adds one at the login; an unusual one is proved by a mailed code before.',
  }),
  magicLinks: Type.Boolean({
    description:
      'Whether a mailed link or code logs in, as strongly as the person’s mailbox is kept; never in place of a second factor.',
  }),
  trustedDeviceDays: number(
    'trustedDeviceDays',
    'How many days a browser that its person trusts is asked for no second factor; 0 for never.',
  ),
  riskChallengeAt: number('riskChallengeAt', 'The risk from which a second factor is asked for.'),
  riskRefuseAt: number('riskRefuseAt', 'The risk from which a login is refused.'),
  allowedCountries: Type.Array(Country, {
    maxItems: 250,
    description: 'Where people may log in from (ISO 3166-1); none for anywhere.',
  }),
  allowTor: Type.Boolean({ description: 'Whether people may come by exits of the Tor network.' }),
  userVerification: Type.Enum(['required', 'preferred'], {
    description:
      'Whether a passkey must verify its person when it is a second factor. One that logs in by itself always must.',
  }),
  rpId: Type.Union([RelyingPartyId, Type.Null()], {
    description:
      'The host that passkeys are made for; null for the issuer’s. An operator sets it, while there are none.',
  }),
  webauthnOrigins: Type.Array(Origin, {
    maxItems: 20,
    description:
      'Pages besides the issuer’s that may ask for the passkeys. Browsers take at least five domains.',
  }),
}

const Policy = Type.Object(members)
/** Each member may be missing, or null for its default. */
export const PolicyChange = Type.Object(
  Object.fromEntries(
    Object.entries(members).map(([name, member]) => [name, Type.Optional(Type.Union([member, Type.Null()]))]),
  ) as { [Name in keyof typeof members]: Type.TOptional<Type.TUnion<[(typeof members)[Name], Type.TNull]>> },
  { additionalProperties: false },
)

const path = '/api/v1/tenants/:tenantId/policy'
const common = { ...administration, params: TenantPath }

const read = {
  ...common,
  summary: 'Read what a tenant has decided',
  description: 'Defaults included. The ETag is the policy’s version.',
  response: { 200: Policy, ...refusals() },
}

const change = {
  ...common,
  summary: 'Change what a tenant has decided',
  description:
    'Members that are missing stay; null brings the default back. With If-Match, only that version is changed.',
  headers: Type.Object({
    ...WriteHeaders.properties,
    'if-match': Type.Optional(Type.String({ pattern: '^"[0-9]{1,9}"$' })),
  }),
  body: PolicyChange,
  response: { 200: Policy, ...writeRefusals('precondition_failed') },
}

export function policyRoutes(app: App, deps: Deps): void {
  app.get(path, { schema: read }, async (request, reply) => {
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    return answer(reply, await readPolicy(deps, call))
  })
  app.patch(path, { schema: change }, async (request, reply) => {
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    const match = request.headers['if-match']
    const ifVersion = match === undefined ? undefined : Number(match.slice(1, -1))
    return answer(reply, await changePolicy(deps, { ...call, change: request.body, ifVersion }))
  })
}

function answer(reply: FastifyReply, { policy, version }: PolicyView) {
  reply.header('cache-control', 'no-store').header('etag', `"${version}"`)
  const { allowedDomains, allowedCountries, webauthnOrigins } = policy
  return {
    ...policy,
    allowedDomains: [...allowedDomains],
    allowedCountries: [...allowedCountries],
    webauthnOrigins: [...webauthnOrigins],
  }
}
