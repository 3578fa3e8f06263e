import type { Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

/** What Postgres answers when the account changed meanwhile. */
export const overtaken = 'IAM01'

/**
 * Makes a flight fail when the account is not active any more, or has another password than the one that was checked,
 * if one was: both may change between the check and the session. The person's stream must be in the flight's scope, so that
 * whoever suspends them or changes the password comes wholly before or wholly after.
 */
export function requireStanding(person: {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** When the password was set; undefined where none was given. */
  readonly passwordOf: Date | undefined
}): Statement {
  return {
    sql: 'select iam.require_standing($1, $2, $3)',
    parameters: [person.tenantId, person.userId, person.passwordOf],
  }
}

/** Does it once more from the beginning when the account changed meanwhile; its refusal is then the right one. */
export async function unlessOvertaken<T>(logIn: () => Promise<T>): Promise<T> {
  try {
    return await logIn()
  } catch (error) {
    if ((error as { code?: unknown }).code !== overtaken) throw error
    return logIn()
  }
}
