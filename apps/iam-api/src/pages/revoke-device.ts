import { revokeDevice } from '@iam/domain/account'
import { Refusal, type Id } from '@iam/domain/kit'
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { originOf } from '../http/request-context.ts'
import { accountView } from './account.ts'
import { goTo } from './answer.ts'
import type { FormBody } from './form-body.ts'
import { hidden } from './routes-are-hidden.ts'
import { signedIn } from './signed-in.ts'
import { submit } from './submit.ts'
import type { SignedInVisit } from './visit.ts'

/** The account's buttons that revoke a device. */
export function revokeDeviceAction(app: App, deps: Deps): void {
  app.post(
    '/:slug/account/devices/revoke',
    hidden,
    signedIn(deps, (visit) =>
      submit(deps, visit, {
        act: (sent) => revoke(deps, visit, sent),
        again: (_sent, fault) => accountView(deps, visit, fault),
      }),
    ),
  )
}

const deviceId = /^dev_[0-9A-HJKMNP-TV-Z]{26}$/

/** One that is revoked already is what was asked for. */
async function revoke(deps: Deps, visit: SignedInVisit, sent: FormBody): Promise<FastifyReply> {
  const { request, tenantId, session } = visit
  const named = sent.get('device') ?? ''
  if (deviceId.test(named)) {
    const call = { tenantId, userId: session.userId, origin: originOf(request) }
    await revokeDevice(deps, { ...call, deviceId: named as Id<'dev'> }).catch(unlessGone)
  }
  return goTo(visit, 'account', { notice: 'device_removed' })
}

function unlessGone(error: unknown): void {
  if (!(error instanceof Refusal) || error.code !== 'not_found') throw error
}
