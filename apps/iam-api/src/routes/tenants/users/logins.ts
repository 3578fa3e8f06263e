import { listUserLogins } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { readCursor, spellCursor } from '../../../http/cursor.ts'
import { Page, pageOf } from '../../schemas.ts'
import { administration, refusals, RiskReasons, UserPath } from '../schemas.ts'
import { userCall } from './user-call.ts'

const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

const Login = Type.Object({
  id: Type.String(),
  at: Type.String({ format: 'date-time' }),
  sessionId: orNull('The session that it led to, if any.'),
  country: orNull('Where it came from (ISO 3166-1), as far as the load balancer knows.'),
  decision: Type.Enum(['open', 'challenge', 'mail', 'enrol', 'refuse'], {
    description: 'What was decided about it.',
  }),
  score: Type.Integer({ description: 'How unusual it was, from 0 to 100.' }),
  reasons: RiskReasons,
})

const list = {
  ...administration,
  summary: 'List the logins of a person, and what was unusual about them',
  description: 'Of the last 90 days, those whose first factor was right, the newest first.',
  params: UserPath,
  querystring: Type.Object(Page, { additionalProperties: false }),
  response: { 200: pageOf(Login), ...refusals('not_found') },
}

export function userLoginsRoute(app: App, deps: Deps): void {
  app.get('/api/v1/tenants/:tenantId/users/:userId/logins', { schema: list }, async (request, reply) => {
    const call = await userCall(deps, { request, reply }, request.params)
    const name = ['logins', call.tenantId, call.userId]
    const after = readCursor(deps, name, request.query.cursor)
    const { items, last } = await listUserLogins(deps, { ...call, after, limit: request.query.limit })
    reply.header('cache-control', 'no-store')
    return {
      items: items.map(({ reasons, ...login }) => ({ ...login, reasons: [...reasons] })),
      ...(last === undefined ? {} : { nextCursor: spellCursor(deps, name, last) }),
    }
  })
}
