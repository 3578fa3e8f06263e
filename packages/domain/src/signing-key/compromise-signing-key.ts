import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { endLease } from '../lease/index.ts'
import { withdrawalBound, type SigningKeySettings } from './plan-signing-keys.ts'
import {
  activateSigningKey,
  listSigningKeys,
  markCompromised,
  signingKeyOf,
  type SigningKeyRow,
} from './queries.ts'
import { recordKeyStep } from './tend-signing-keys.ts'

export type CompromiseSigningKey = {
  readonly db: Db
  readonly clock: Clock
  readonly systemTenantId: Id<'ten'>
  readonly settings: SigningKeySettings
}

/** What giving a key up comes to. Nobody is logged out: refresh tokens are not signed by it. */
export interface Compromise {
  readonly kid: string
  /** The key that signs from now on; undefined where the given-up one does not sign, or there is no standby. */
  readonly successor: string | undefined
  /** Since when the key signed: every access token from then on may be forged. Undefined where it never signed. */
  readonly signedSince: Date | undefined
  /** When the last verifier refuses the key's tokens, if all that is on the way to it can be reached. */
  readonly refusedEverywhereBy: Date
}

/**
 * Gives a signing key up: it signs and verifies nothing here any more, its private half is forgotten, the published
 * standby signs at once, and the next key set is without it. Final. The lease of whoever tends the keys ends with
 * it, so that nothing they have begun can put it back.
 * @param dryRun changes nothing.
 * @throws Refusal `not_found` for a key that there is not, `wrong_state` for one that has ended.
 */
export async function compromiseSigningKey(
  deps: CompromiseSigningKey,
  { kid, dryRun = false }: { readonly kid: string; readonly dryRun?: boolean },
): Promise<Compromise> {
  const { keys, databaseTime } = await listSigningKeys(deps.db.kysely)
  const key = await signingKeyOf(deps.db.kysely, kid)
  if (key === undefined) throw new Refusal('not_found', { detail: `There is no signing key ${kid}.` })
  if (key.state === 'compromised' || key.state === 'destroyed')
    throw new Refusal('wrong_state', { detail: `The signing key is ${key.state}: that is final.` })
  const standby = key.state === 'active' ? keys.find(({ state }) => state === 'published') : undefined
  const bound = withdrawalBound(deps.settings)
  const report: Compromise = {
    kid,
    successor: standby?.kid,
    signedSince: key.activateAt !== null && key.activateAt <= databaseTime ? key.activateAt : undefined,
    refusedEverywhereBy: new Date(databaseTime.getTime() + bound * 1000),
  }
  if (!dryRun) await giveUp(deps, key, { standby, at: databaseTime })
  return report
}

async function giveUp(
  { db, clock, systemTenantId: tenantId }: CompromiseSigningKey,
  key: SigningKeyRow,
  { standby, at }: { standby: SigningKeyRow | undefined; at: Date },
): Promise<void> {
  const told = [key, standby].filter((each) => each !== undefined)
  const streams = told.map(({ id }) => streamKey(tenantId, id))
  const step = { tenantId, at: clock() }
  await inTenant(db, { tenantId, streams }, async (tx) => {
    await endLease(tx, 'keys')
    if (!(await markCompromised(tx, key.id)))
      throw new Refusal('wrong_state', { detail: 'The signing key has ended meanwhile.' })
    const payload = { kid: key.kid, alg: key.alg }
    const event = { type: 'signing_key.compromised', payload } as const
    await record(tx, recordKeyStep({ ...step, key, did: 'compromised', event }))
    if (standby === undefined || !(await activateSigningKey(tx, standby.id, at))) return
    const activated = { kid: standby.kid, alg: standby.alg, activateAt: at.toISOString() }
    const next = { type: 'signing_key.activated', payload: activated } as const
    await record(tx, recordKeyStep({ ...step, key: standby, did: 'activated', event: next }))
  })
}

async function record(tx: Executor, statements: ReturnType<typeof recordKeyStep>): Promise<void> {
  for (const statement of statements) await run(tx, statement)
}
