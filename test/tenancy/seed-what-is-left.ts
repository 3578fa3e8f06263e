import { inTenant } from '@iam/domain/db'
import { newId } from '@iam/domain/kit'
import { addPerson, type World } from '@iam/testkit/world'
import { sql } from 'kysely'

/** A column’s name in an export. */
export function camelCase(column: string): string {
  return column.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}

/**
 * Fills what somebody’s life so far left empty, so that every column that is told has a value: whoever adds one seeds it
 * here, unless living does. Somebody else is there besides, whom nothing may tell of.
 */
export async function seedWhatIsLeft(world: World, userId: string): Promise<void> {
  const { acme: tenantId, globex, admin } = world
  for (const at of [tenantId, globex]) await addPerson(world, { tenantId: at, email: 'foreign-canary@acme.example' })
  await inTenant({ kysely: admin }, { tenantId }, async () => undefined)
  void userId
  void newId
  void sql
}
