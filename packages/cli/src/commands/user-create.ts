import { hashPassword } from '@iam/domain/credential'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { createUser, normaliseEmail } from '@iam/domain/user'
import type { OperatorDeps } from '../operator-deps.ts'

/** Makes a user with a password. @returns the id, or null when the address was registered before: nothing changes then. */
export async function userCreate(
  deps: OperatorDeps,
  input: { tenant: string; email: string; password: string },
): Promise<{ id: string | null; email: string }> {
  const tenant = await findDirectoryEntry(deps.db.kysely, input.tenant)
  if (tenant === undefined) throw new Error(`There is no tenant ${input.tenant}.`)
  await deps.loadSecrets()
  const { tenantId } = tenant
  const email = normaliseEmail(input.email)
  const password = await hashPassword(deps, { tenantId, password: input.password })
  const id = await createUser(deps, { tenantId, email, password })
  return { id: id ?? null, email }
}
