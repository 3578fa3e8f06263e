import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import { withPrefix, type Clock } from '../kit/index.ts'
import type { QueuedMail } from '../mail/index.ts'
import {
  findUsableCode,
  insertOneTimeCode,
  oneTimePurposes,
  type OneTimeCode,
  type OneTimePurpose,
} from '../one-time-code/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { seal, type SecretRings } from '../secret-key/index.ts'
import type { User } from '../user/index.ts'

export interface MailOneTimeCode {
  readonly mail: QueuedMail
  readonly user: User
  readonly purpose: OneTimePurpose
  /** The address that the code is about, when that is not the user's own. */
  readonly subject?: string
}

/**
 * The code that a mail carries. It has the mail's ULID, so that a mail sent twice carries the same one; its time
 * runs from when sending was first tried.
 * @returns undefined when it has been used, overtaken or outlived meanwhile: the mail would be of no use.
 */
export async function mailOneTimeCode(
  deps: { readonly clock: Clock; readonly secrets: SecretRings },
  tx: Executor,
  { mail, user, purpose, subject }: MailOneTimeCode,
): Promise<OneTimeCode | undefined> {
  const now = deps.clock()
  const { tenantId } = mail
  const id = withPrefix('otc', mail.id)
  const dataKey = subject === undefined ? undefined : deps.secrets.of('data').current(now)
  const code: OneTimeCode = {
    tenantId,
    id,
    userId: user.id,
    purpose,
    keyVersion: deps.secrets.of('one-time').current(now).version,
    createdAt: now,
    expiresAt: new Date(now.getTime() + oneTimePurposes[purpose] * 1000),
    sealedSubject:
      dataKey === undefined
        ? undefined
        : { dataKeyVersion: dataKey.version, sealed: seal(dataKey.key, Buffer.from(subject ?? ''), id) },
  }
  if (!(await insertOneTimeCode(tx, code))) return findUsableCode(tx, { tenantId, id, now })
  if (purpose === 'reset_password') await recordResetRequested(tx, code, now)
  return code
}

async function recordResetRequested(tx: Executor, code: OneTimeCode, at: Date): Promise<void> {
  const { tenantId, userId } = code
  const target = { type: 'user', id: userId }
  const actor = { type: 'system' } as const
  await run(
    tx,
    appendAudit({ tenantId, at, actor, action: 'password.reset_mailed', target, outcome: 'success' }),
  )
  const event = { type: 'password.reset_requested', payload: { userId } } as const
  await run(tx, appendEvent({ tenantId, at, aggregateId: userId, event }))
}
