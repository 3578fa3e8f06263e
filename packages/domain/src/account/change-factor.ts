import { appendAudit } from '../audit/index.ts'
import { voidChallenges } from '../challenge/index.ts'
import { inOneFlight, inTenant, run, streamKey, type Executor } from '../db/index.ts'
import {
  deleteFactor,
  deleteFactorsOfKind,
  hasSecondFactor,
  heldFactorsOf,
  planRecoveryCodes,
  recordRemoved,
  renameFactorTo,
  sealFactorName,
} from '../factor/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { requireStrongAuthentication } from '../session/index.ts'
import { readTenantPolicy, tenantPolicyOf } from '../tenant/index.ts'
import { userKeyOf } from '../user/index.ts'
import type { FactorCall, FactorDeps } from './factor-call.ts'

type OneFactor = FactorCall & { readonly factorId: Id<'mfa'> }

/** Gives a second factor a name, or takes it away. @throws Refusal `not_found` for one that is not the person's. */
export async function renameFactor(
  deps: FactorDeps,
  call: Omit<OneFactor, 'login'> & { readonly name: string | null },
): Promise<void> {
  const { tenantId, userId, factorId: id, name, origin } = call
  const [[userKey]] = await inOneFlight(deps.db, { tenantId }, [userKeyOf(tenantId, userId)])
  const sealed =
    name === null || userKey === undefined ? null : sealFactorName(deps, { userId, userKey }, { id, name })
  const at = deps.clock()
  const actor = { type: 'user', id: userId } as const
  const target = { type: 'factor', id }
  await inTenant(deps.db, { tenantId }, async (tx) => {
    const [renamed] = await run(tx, renameFactorTo({ tenantId, userId, id, name: sealed }))
    if (renamed === undefined) throw new Refusal('not_found')
    await run(
      tx,
      appendAudit({ tenantId, at, actor, action: 'factor.renamed', target, outcome: 'success', origin }),
    )
  })
}

/**
 * Takes a second factor away, and with the last one the recovery codes. Logins that wait for their second step begin
 * again. The person is told by mail.
 * @throws Refusal `reauthentication_required`, `not_found`, and `not_allowed` for the last one where the tenant requires
 *   one.
 */
export async function removeFactor(deps: FactorDeps, call: OneFactor): Promise<void> {
  await requireStrongAuthentication(deps, call)
  const { tenantId, userId, factorId: id, origin } = call
  const at = deps.clock()
  await inTenant(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, async (tx) => {
    const [removed] = await run(tx, deleteFactor({ tenantId, userId, id }))
    if (removed === undefined || removed.kind === 'recovery') throw new Refusal('not_found')
    await keepRule(tx, { tenantId, userId })
    const { kind } = removed
    for (const statement of recordRemoved(deps, { tenantId, userId, id, kind, at, origin }))
      await run(tx, statement)
    await run(tx, voidChallenges({ tenantId, userId, at }))
  })
}

/** Recovery codes stand in for a factor: without one they would open nothing, and some tenants require one. */
async function keepRule(tx: Executor, person: { tenantId: Id<'ten'>; userId: Id<'usr'> }): Promise<void> {
  if (hasSecondFactor(await run(tx, heldFactorsOf(person)))) return
  const [tenant] = await run(tx, tenantPolicyOf(person.tenantId))
  if (readTenantPolicy(tenant?.policy).mfa === 'required')
    throw new Refusal('not_allowed', { detail: 'A second factor is required here: add another one first.' })
  await run(tx, deleteFactorsOfKind(person, 'recovery'))
}

/**
 * Makes new recovery codes; the old ones cannot be used any more. The person is told by mail.
 * @returns the codes: told once.
 * @throws Refusal `reauthentication_required`, and `wrong_state` for who has no second factor to recover.
 */
export async function renewRecoveryCodes(deps: FactorDeps, call: FactorCall): Promise<readonly string[]> {
  await requireStrongAuthentication(deps, call)
  const { tenantId, userId, origin } = call
  const at = deps.clock()
  const person = { tenantId, userId }
  const { id, codes, statements } = planRecoveryCodes({ ...person, at })
  const actor = { type: 'user', id: userId } as const
  const target = { type: 'factor', id }
  await inTenant(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, async (tx) => {
    if (!hasSecondFactor(await run(tx, heldFactorsOf(person)))) throw new Refusal('wrong_state')
    for (const statement of statements) await run(tx, statement)
    await run(
      tx,
      appendAudit({
        tenantId,
        at,
        actor,
        action: 'recovery_codes.renewed',
        target,
        outcome: 'success',
        origin,
      }),
    )
    await run(tx, queueMail(deps, { tenantId, template: 'recovery_codes_renewed', userId, at }))
  })
  return codes
}
