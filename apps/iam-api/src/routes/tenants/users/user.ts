import { readUser } from '@iam/domain/administration'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { administration, refusals, User, UserPath } from '../schemas.ts'
import { userCall } from './user-call.ts'

const read = {
  ...administration,
  summary: 'Read a person’s account',
  params: UserPath,
  response: { 200: User, ...refusals('not_found') },
}

export function userRoutes(app: App, deps: Deps): void {
  app.get('/api/v1/tenants/:tenantId/users/:userId', { schema: read }, async (request, reply) => {
    const user = await readUser(deps, await userCall(deps, request, request.params))
    return reply.header('cache-control', 'no-store').send(user)
  })
}
