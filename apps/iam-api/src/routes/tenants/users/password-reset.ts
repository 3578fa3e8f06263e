import { mailPasswordReset } from '@iam/domain/administration'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { Accepted } from '../../schemas.ts'
import { administration, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const schema = {
  ...administration,
  summary: 'Have a link to choose a new password mailed to a person',
  description: 'No administrator sees or sets a password. The old one holds until the link is used.',
  params: UserPath,
  headers: WriteHeaders,
  response: { 202: Accepted, ...writeRefusals('not_found', 'wrong_state') },
}

export function passwordResetRoute(app: App, deps: Deps): void {
  app.post('/api/v1/tenants/:tenantId/users/:userId/password-reset', { schema }, async (request, reply) => {
    await mailPasswordReset(deps, await userCall(deps, { request, reply }, request.params))
    return reply.code(202).send({ status: 'accepted' })
  })
}
