import type { World } from './open-world.ts'

/** Has acme decide this and otherwise the defaults, past administration. */
export async function setPolicy({ admin, acme }: World, policy: object): Promise<void> {
  await admin
    .updateTable('iam.tenant')
    .set({ policy: JSON.stringify(policy) })
    .where('tenant_id', '=', acme)
    .execute()
}
