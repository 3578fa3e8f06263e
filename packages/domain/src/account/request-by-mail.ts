import { appendAudit } from '../audit/index.ts'
import { inOneFlight } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { queueMail, type MailTemplate } from '../mail/index.ts'
import { subjectHmacOf } from '../session/index.ts'
import { normaliseEmail } from '../user/index.ts'
import type { AccountDeps } from './deps.ts'

export interface RequestByMail {
  readonly tenantId: Id<'ten'>
  readonly email: string
  /** The language of whoever asks. */
  readonly locale: string
  readonly origin: RequestOrigin
}

type Deps = Pick<AccountDeps, 'db' | 'clock' | 'secrets'>

/**
 * Asks for a mail with a link to choose a new password. Nobody is looked up here: iam-worker finds out whether
 * there is an account, so that neither the answer nor the work tells.
 */
export async function requestPasswordReset(deps: Deps, input: RequestByMail): Promise<void> {
  await request(deps, input, { action: 'password.reset_requested', template: 'reset_password' })
}

/** Asks for another mail that confirms the address. Like a reset, it tells nothing of who is registered. */
export async function requestEmailVerification(deps: Deps, input: RequestByMail): Promise<void> {
  await request(deps, input, { action: 'user.verification_requested', template: 'verify_email' })
}

async function request(
  deps: Deps,
  { tenantId, email, locale, origin }: RequestByMail,
  { action, template }: { action: string; template: MailTemplate },
): Promise<void> {
  const at = deps.clock()
  const address = normaliseEmail(email)
  await inOneFlight(deps.db, { tenantId }, [
    appendAudit({
      tenantId,
      at,
      actor: { type: 'anonymous' },
      action,
      target: { type: 'user' },
      outcome: 'success',
      subjectHmac: subjectHmacOf(deps, tenantId, address),
      origin,
    }),
    queueMail(deps, { tenantId, template, address, locale, at }),
  ])
}
