import { lockUser, reactivateUser, suspendUser, unlockUser } from '@iam/domain/administration'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { administration, User, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const schemaOf = (summary: string, description: string) => ({
  ...administration,
  summary,
  description: `${description} The person is told by mail. Asking again changes nothing.`,
  params: UserPath,
  headers: WriteHeaders,
  response: { 200: User, ...writeRefusals('not_found', 'wrong_state') },
})

const acts = [
  {
    name: 'suspend',
    verb: suspendUser,
    schema: schemaOf(
      'Suspend a person',
      'Every session ends, and nothing logs them in until they are reactivated.',
    ),
  },
  {
    name: 'reactivate',
    verb: reactivateUser,
    schema: schemaOf('Reactivate a person', 'They can log in again.'),
  },
  {
    name: 'lock',
    verb: lockUser,
    schema: schemaOf(
      'Lock an account',
      'Every session ends, and the password opens nothing until it is unlocked or a new one is chosen by mail.',
    ),
  },
  {
    name: 'unlock',
    verb: unlockUser,
    schema: schemaOf('Unlock an account', 'The password opens it again.'),
  },
] as const

/** What changes whether a person can come in. */
export function standingRoutes(app: App, deps: Deps): void {
  for (const { name, verb, schema } of acts) {
    app.post(`/api/v1/tenants/:tenantId/users/:userId/${name}`, { schema }, async (request, reply) => {
      const user = await verb(deps, await userCall(deps, { request, reply }, request.params))
      return reply.header('cache-control', 'no-store').send(user)
    })
  }
}
