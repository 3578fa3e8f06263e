import { listUserReuses, type PartyView } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { readCursor, spellCursor } from '../../../http/cursor.ts'
import { Page, pageOf } from '../../schemas.ts'
import { administration, refusals, UserPath } from '../schemas.ts'
import { userCall } from './user-call.ts'

const orNull = Type.Union([Type.String(), Type.Null()])

const party = (description: string) =>
  Type.Object(
    {
      program: orNull,
      system: orNull,
      network: orNull,
      place: orNull,
      at: Type.String({ format: 'date-time' }),
    },
    { description },
  )

const Reuse = Type.Object({
  sessionId: Type.String({ description: 'The session that ended by it.' }),
  alarming: Type.Boolean({ description: 'False where a reply that was lost explains it.' }),
  holder: party('Whoever refreshed last.'),
  presenter: party('Whoever came with the token that had been exchanged already.'),
})

const list = {
  ...administration,
  summary: 'List the refresh tokens of a person that came back, with both parties of each',
  description: 'Of the last 90 days, the newest session first. Either party may be the thief.',
  params: UserPath,
  querystring: Type.Object(Page, { additionalProperties: false }),
  response: { 200: pageOf(Reuse), ...refusals('not_found') },
}

export function userTokenReusesRoute(app: App, deps: Deps): void {
  const path = '/api/v1/tenants/:tenantId/users/:userId/token-reuses'
  app.get(path, { schema: list }, async (request, reply) => {
    const call = await userCall(deps, { request, reply }, request.params)
    const name = ['token-reuses', call.tenantId, call.userId]
    const after = readCursor(deps, name, request.query.cursor)
    const { items, last } = await listUserReuses(deps, { ...call, after, limit: request.query.limit })
    reply.header('cache-control', 'no-store')
    return {
      items: items.map(({ sessionId, isAlarming, holder, presenter }) => ({
        sessionId,
        alarming: isAlarming,
        holder: partyJson(holder),
        presenter: partyJson(presenter),
      })),
      ...(last === undefined ? {} : { nextCursor: spellCursor(deps, name, last) }),
    }
  })
}

function partyJson({ agent, ...known }: PartyView) {
  return { ...agent, ...known }
}
