import { build, run, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { HeldFactor } from './factor.ts'

type OfPerson = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** A person's confirmed factors, the oldest first. */
export function heldFactorsOf({ tenantId, userId }: OfPerson) {
  return build
    .selectFrom('iam.factor')
    .select(['id', 'kind', 'disabled_at as disabledAt'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('confirmed_at', 'is not', null)
    .orderBy('id')
    .$castTo<HeldFactor>()
    .compile()
}

/** Deletes a person's factors, with their recovery codes: part of erasing the person. */
export async function forgetFactors(db: Executor, { tenantId, userId }: OfPerson): Promise<void> {
  await run(
    db,
    build.deleteFrom('iam.factor').where('tenant_id', '=', tenantId).where('user_id', '=', userId).compile(),
  )
}
