import type { Statement } from '../db/index.ts'
import { newId, type Id } from '../kit/index.ts'
import { seal, type SecretRings } from '../secret-key/index.ts'
import type { MailTemplate } from './mail.ts'

export interface QueueMail {
  readonly tenantId: Id<'ten'>
  readonly template: MailTemplate
  readonly userId?: Id<'usr'> | undefined
  /** Where it goes when that is not the user's own address, or there may be no user. */
  readonly address?: string
  readonly locale?: string | undefined
  readonly params?: Readonly<Record<string, string>>
  readonly at: Date
}

/**
 * The insert that has a mail sent, to stand in the transaction of what it tells of. iam-worker sends it soon
 * afterwards, once or, after a crash, twice with the same words.
 */
export function queueMail(deps: { readonly secrets: SecretRings }, mail: QueueMail): Statement {
  const id = newId('mail', mail.at)
  const dataKey = mail.address === undefined ? undefined : deps.secrets.of('data').current(mail.at)
  return {
    sql: `insert into iam.mail
            (tenant_id, id, template, user_id, address, data_key_version, locale, params, created_at, due_at)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
    parameters: [
      mail.tenantId,
      id,
      mail.template,
      mail.userId,
      dataKey === undefined ? undefined : seal(dataKey.key, Buffer.from(mail.address ?? ''), id),
      dataKey?.version,
      mail.locale ?? 'en',
      JSON.stringify(mail.params ?? {}),
      mail.at,
    ],
  }
}
