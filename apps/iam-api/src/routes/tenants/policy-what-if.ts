import { tryPolicy } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { administrativeCall } from '../../http/administrative-call.ts'
import { readCursor, spellCursor } from '../../http/cursor.ts'
import { Page, pageOf } from '../schemas.ts'
import { PolicyChange } from './policy.ts'
import { administration, refusals, RiskReasons, TenantPath } from './schemas.ts'

const Fate = Type.Enum(['allowed', 'challenged', 'refused'])
const Counts = Type.Object({
  allowed: Type.Integer(),
  challenged: Type.Integer({
    description: 'Asked for a second factor or a mailed code, or to add a factor.',
  }),
  refused: Type.Integer(),
})
const Login = Type.Object({
  id: Type.String(),
  userId: Type.String(),
  at: Type.String({ format: 'date-time' }),
  before: Fate,
  after: Fate,
  score: Type.Integer(),
  reasons: RiskReasons,
})

const whatIf = {
  ...administration,
  summary: 'Try a change of the policy on the logins of the last 30 days',
  description:
    'Decides about each login whose first factor was right, as the gate would with the policy that stands and with the changed one; refused is also who came in a way that the policy does not take, or by a breached password that it has replaced. Not covered: logins that were refused before the gate, what an outside risk service would have said that was not asked, and trust in a browser that would have lasted longer. Nothing is changed. The items are the logins that come out otherwise, the newest first.',
  params: TenantPath,
  querystring: Type.Object(Page, { additionalProperties: false }),
  body: Type.Object({ policy: PolicyChange }, { additionalProperties: false }),
  response: {
    200: Type.Object({
      logins: Type.Integer({ description: 'How many were looked at.' }),
      before: Counts,
      after: Counts,
      ...pageOf(Login).properties,
    }),
    ...refusals(),
  },
}

export function policyWhatIfRoute(app: App, deps: Deps): void {
  app.post('/api/v1/tenants/:tenantId/policy/what-if', { schema: whatIf }, async (request, reply) => {
    const { cursor, limit } = request.query
    const { policy: change } = request.body
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    const name = ['what-if', call.tenantId, JSON.stringify(change)]
    const after = readCursor(deps, name, cursor)
    const { items, last, ...counts } = await tryPolicy(deps, { ...call, change, after, limit })
    reply.header('cache-control', 'no-store')
    return {
      ...counts,
      items: items.map(({ reasons, ...login }) => ({ ...login, reasons: [...reasons] })),
      ...(last === undefined ? {} : { nextCursor: spellCursor(deps, name, last) }),
    }
  })
}
