import { sql, type RawBuilder } from 'kysely'
import { streamKey } from '../db/index.ts'
import type { Person } from './rules.ts'

type Found = (person: Person) => RawBuilder<unknown>

/** Rows that name the person in a column. */
export const byColumn =
  (column: string): Found =>
  ({ userId }) =>
    sql`${sql.ref(column)} = ${userId}`

/** Rows that name something of the person's. */
export const byTheir =
  (table: 'session' | 'factor', column: string): Found =>
  ({ tenantId, userId }) =>
    sql`${sql.ref(column)} in (
      select id from ${sql.table(`iam.${table}`)} where tenant_id = ${tenantId} and user_id = ${userId})`

/** What was done by the person, or to them. */
export const byActorOrTarget: Found = ({ userId }) => sql`(actor_id = ${userId} or target_id = ${userId})`

/** Events of the person's stream, and those of others that name them. */
export const byEvent: Found = ({ tenantId, userId }) =>
  sql`(ordering_key = ${streamKey(tenantId, userId)} or payload->>'userId' = ${userId})`

/** What was answered about the person, and to them about nobody else. */
export const byAnswer: Found = ({ userId }) =>
  sql`(subject_id = ${userId} or (principal_id = ${userId} and subject_id is null))`

/** Mails about the person, and those that wait for whoever has their address: those are opened to be told apart. */
export const byMail: Found = ({ userId }) =>
  sql`(user_id = ${userId} or (user_id is null and sent_at is null and address is not null))`

/** Links to sign in that were asked for by the person's address. */
export const bySubject: Found = ({ userId, subjects }) =>
  sql`(user_id = ${userId} or subject = any(${[...subjects]}::bytea[]))`
