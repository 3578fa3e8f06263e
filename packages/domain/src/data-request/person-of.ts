import { subjectsOf } from '../magic-link/index.ts'
import type { Person } from '../personal-data/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { User } from '../user/index.ts'

/** What finds everything of somebody. */
export function personOf(deps: { readonly secrets: SecretRings }, user: User): Person {
  const { tenantId, id: userId, email } = user
  return { tenantId, userId, email, subjects: subjectsOf(deps, tenantId, email) }
}
