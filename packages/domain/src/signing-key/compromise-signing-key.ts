import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { endLease } from '../lease/index.ts'
import { isOfLine } from './line.ts'
import { withdrawalBound, type SigningKeySettings } from './plan-signing-keys.ts'
import {
  activateAtOnce,
  listSigningKeys,
  markCompromised,
  signingKeyOf,
  type SigningKeyRow,
} from './queries.ts'
import type { EndVersions } from './versioned-key.ts'
import { recordKeyStep } from './tend-signing-keys.ts'

export type CompromiseSigningKey = {
  readonly db: Db
  readonly clock: Clock
  readonly systemTenantId: Id<'ten'>
  readonly settings: SigningKeySettings
  /** What disables a key that is in KMS; iam-worker does it otherwise. */
  readonly keyVersions?: Pick<EndVersions, 'disable'>
}

/** What giving a key up comes to. Nobody is logged out: refresh tokens are not signed by it. */
export interface Compromise {
  readonly kid: string
  /** The key that signs in its line from now on; undefined where there is none, and nothing is issued. */
  readonly signer: string | undefined
  /** Since when the key signed: every access token from then on may be forged. Undefined where it never signed. */
  readonly signedSince: Date | undefined
  /** When the last verifier refuses the key's tokens, if all that is on the way to it can be reached. */
  readonly refusedEverywhereBy: Date
  /** Whether a key that is in KMS was disabled there; undefined for any other. Otherwise iam-worker will. */
  readonly isDisabledInKms: boolean | undefined
}

/**
 * Gives a signing key up: it signs and verifies nothing here any more, its private half is forgotten, and the next key
 * set is without it. Where it was the one that signs, the key that was to follow it signs at once. Final. The lease of
 * whoever tends the keys ends with it, so that nothing they have begun can put it back.
 * @param dryRun changes nothing.
 * @throws Refusal `not_found` for a key that there is not, `wrong_state` for one that has ended.
 */
export async function compromiseSigningKey(
  deps: CompromiseSigningKey,
  { kid, dryRun = false }: { readonly kid: string; readonly dryRun?: boolean },
): Promise<Compromise> {
  const { db, systemTenantId: tenantId } = deps
  const { keys } = await listSigningKeys(db.kysely)
  const streams = keys.map(({ id }) => streamKey(tenantId, id))
  const given = await inTenant(db, { tenantId, streams }, async (tx) => {
    // Whoever tends the keys waits, or has ended, from here on: what is read now is what is changed.
    if (!dryRun) await endLease(tx, 'keys')
    const situation = await situationOf(tx, kid)
    if (!dryRun) await giveUp(deps, tx, situation)
    const { key, now, signing, successor } = situation
    const bound = withdrawalBound(deps.settings)
    return {
      kid,
      signer: (signing ?? successor)?.kid,
      signedSince: key.activateAt !== null && key.activateAt <= now ? key.activateAt : undefined,
      refusedEverywhereBy: new Date(now.getTime() + bound * 1000),
      kmsVersion: key.kmsVersion,
    }
  })
  const { kmsVersion, ...told } = given
  return { ...told, isDisabledInKms: await disable(deps, kmsVersion, dryRun) }
}

/** That KMS is away holds nothing up: no instance signs with the key any more. */
async function disable(
  { keyVersions }: CompromiseSigningKey,
  version: string | null,
  dryRun: boolean,
): Promise<boolean | undefined> {
  if (version === null) return undefined
  if (dryRun || keyVersions === undefined) return false
  return keyVersions.disable(version).then(
    () => true,
    () => false,
  )
}

interface Situation {
  readonly key: SigningKeyRow
  /** The database's. */
  readonly now: Date
  /** Another key of its line that signs, now or as soon as this one does not. */
  readonly signing: SigningKeyRow | undefined
  /** Where there is none, the one whose time is announced, or else the standby. */
  readonly successor: SigningKeyRow | undefined
}

async function situationOf(tx: Executor, kid: string): Promise<Situation> {
  const key = await signingKeyOf(tx, kid)
  if (key === undefined) throw new Refusal('not_found', { detail: `There is no signing key ${kid}.` })
  if (key.state === 'compromised' || key.state === 'destroyed')
    throw new Refusal('wrong_state', { detail: `The signing key is ${key.state}: that is final.` })
  const { keys, databaseTime: now } = await listSigningKeys(tx)
  const others = keys.filter((other) => other.id !== key.id && isOfLine(other, key))
  const active = others.filter(({ state }) => state === 'active')
  const signing = active.findLast(({ activateAt, signUntil }) => isPast(activateAt, now) && signUntil > now)
  const announced = active.find(({ activateAt }) => !isPast(activateAt, now))
  return { key, now, signing, successor: announced ?? others.find(({ state }) => state === 'published') }
}

function isPast(time: Date | null, now: Date): boolean {
  return time !== null && time <= now
}

async function giveUp(
  { clock, systemTenantId: tenantId }: CompromiseSigningKey,
  tx: Executor,
  { key, now, signing, successor }: Situation,
): Promise<void> {
  const step = { tenantId, at: clock() }
  await markCompromised(tx, key.id)
  const payload = { kid: key.kid, alg: key.alg }
  const event = { type: 'signing_key.compromised', payload } as const
  await record(tx, recordKeyStep({ ...step, key, did: 'compromised', event }))
  if (signing !== undefined || successor === undefined) return
  await activateAtOnce(tx, successor.id, now)
  const activated = { kid: successor.kid, alg: successor.alg, activateAt: now.toISOString() }
  const next = { type: 'signing_key.activated', payload: activated } as const
  await record(tx, recordKeyStep({ ...step, key: successor, did: 'activated', event: next }))
}

async function record(tx: Executor, statements: ReturnType<typeof recordKeyStep>): Promise<void> {
  for (const statement of statements) await run(tx, statement)
}
