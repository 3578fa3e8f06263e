import { appendAudit } from '../audit/index.ts'
import { inOneFlight } from '../db/index.ts'
import { newId, Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { countRequest } from '../limit/index.ts'
import { readTenantPolicy, tenantNameOf, tenantPolicyOf } from '../tenant/index.ts'
import { userById, userKeyOf } from '../user/index.ts'
import type { CheckFactorDeps } from './check-factor.ts'
import { confirmWithin, deleteFactorsOfKind, heldFactorsOf, insertFactor } from './queries.ts'
import { sealFactorName, sealTotpSecret } from './sealed-values.ts'
import { base32, newTotpSecret, totpUri } from './totp.ts'

/** How many authenticator apps a person can have. */
const mostTotp = 5

export interface BeginTotp {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** What the person calls it. */
  readonly name?: string | undefined
  readonly origin: RequestOrigin
}

/** What an authenticator app is set up with. Told once: what is stored is sealed, and never shown again. */
export interface TotpSetup {
  readonly id: Id<'mfa'>
  /** In base32, for who types it. */
  readonly secret: string
  /** For a QR code or a link. */
  readonly uri: string
  /** Until when it can be confirmed. */
  readonly expiresAt: Date
}

/**
 * Begins to add an authenticator app, in place of one that was begun before. It counts for nothing until a code of it
 * is confirmed. Whether whoever asks may do so is for the caller to know.
 * @throws Refusal `not_allowed` where the tenant asks nobody for a second factor, `wrong_state` for who has too many,
 *   `rate_limited`.
 */
export async function beginTotp(
  deps: CheckFactorDeps,
  { tenantId, userId, name, origin }: BeginTotp,
): Promise<TotpSetup> {
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'factor-setup', value: userId }] })
  const person = { tenantId, userId }
  const [[user], [userKey], held, [tenant], [named]] = await inOneFlight(deps.db, { tenantId }, [
    userById(tenantId, userId),
    userKeyOf(tenantId, userId),
    heldFactorsOf(person),
    tenantPolicyOf(tenantId),
    tenantNameOf(tenantId),
  ])
  if (user === undefined || userKey === undefined) throw new Refusal('not_found')
  if (readTenantPolicy(tenant?.policy).mfa === 'off') throw new Refusal('not_allowed')
  if (held.filter(({ kind }) => kind === 'totp').length >= mostTotp)
    throw new Refusal('wrong_state', {
      detail: `There can be ${mostTotp} authenticator apps: remove one first.`,
    })
  const at = deps.clock()
  const id = newId('mfa', at)
  const secret = newTotpSecret()
  const owner = { userId, userKey }
  const sealed = {
    name: name === undefined ? null : sealFactorName(deps, owner, { id, name }),
    secret: sealTotpSecret(deps, owner, { id, secret }),
  }
  const target = { type: 'factor', id }
  await inOneFlight(deps.db, { tenantId }, [
    deleteFactorsOfKind(person, 'pending'),
    insertFactor({ ...person, ...sealed, id, kind: 'totp', at, confirmed: false }),
    appendAudit({
      tenantId,
      at,
      actor: { type: 'user', id: userId },
      action: 'factor.begun',
      target,
      outcome: 'success',
      reason: 'totp',
      origin,
    }),
  ])
  const uri = totpUri({ secret, issuer: named?.name ?? '', account: user.email })
  return { id, secret: base32(secret), uri, expiresAt: new Date(at.getTime() + confirmWithin * 1000) }
}
