import { breachesFoundAt } from '../breach-audit/index.ts'
import type { Executor } from '../db/index.ts'
import type { User } from '../user/index.ts'

/** More are counted: nobody reads them all. */
const mostNamed = 10

/**
 * What a mail says of the breaches that one look found: `services`, how many `more`, and `passwords` where any told
 * some. Undefined when there is nothing to tell any more.
 */
export async function breachFacts(
  tx: Executor,
  { user, foundAt }: { readonly user: User; readonly foundAt: string },
): Promise<Readonly<Record<string, string>> | undefined> {
  const { tenantId, id: userId } = user
  const found = await breachesFoundAt(tx, { tenantId, userId, at: new Date(foundAt) })
  if (found.length === 0) return undefined
  const named = found.slice(0, mostNamed)
  const more = found.length - named.length
  return {
    services: named.map(({ name, breachedOn }) => `${name} (${breachedOn.slice(0, 4)})`).join(', '),
    ...(more === 0 ? {} : { more: String(more) }),
    ...(found.some(({ hasPasswords }) => hasPasswords) ? { passwords: 'true' } : {}),
  }
}
