import { appendAudit } from '../audit/index.ts'
import { countWrongAnswer, useChallenge, webAuthnBytes, type Challenge } from '../challenge/index.ts'
import { inOneFlight, type Statement } from '../db/index.ts'
import {
  heldFactorsOf,
  insertFactor,
  planFirstRecoveryCodes,
  recordEnrolled,
  requireNoFactor,
  sealFactorName,
  type FactorMethod,
} from '../factor/index.ts'
import { newId, Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { readTenantPolicy, requireRelyingParty, tenantPolicyOf } from '../tenant/index.ts'
import { userKeyOf } from '../user/index.ts'
import { requireRoom, type PasskeyDeps } from './begin-passkey.ts'
import { bytesOf, type RegistrationJson } from './credential-json.ts'
import { methodOf, type PasskeyFault } from './passkey.ts'
import { insertPasskey, passkeyByCredential, passkeyRefused, passkeysOf } from './queries.ts'
import { relyingPartyOf } from './relying-party.ts'
import { verifyRegistration } from './verify-registration.ts'

export interface PlanRegistration {
  /** What the browser answered. */
  readonly registration: RegistrationJson
  /** What the person calls it. */
  readonly name?: string | undefined
  /** Whether it must be the person's first: who adds one in place of a second step must not add one to another's. */
  readonly mustBeFirst: boolean
  readonly origin: RequestOrigin
}

export interface PlannedPasskey {
  readonly factorId: Id<'mfa'>
  readonly method: FactorMethod
  /**
   * To stand in a flight with the person's stream in its scope; it fails with `challengeUsed`, with `passkeyRefused`
   * where there is no room or the passkey is known by then, or with `factorUsed` where it is not the first and must be.
   */
  readonly statements: readonly Statement<unknown>[]
  /** Told once, with the person's first factor. */
  readonly recoveryCodes: readonly string[] | undefined
}

/**
 * Checks a passkey that a browser made for a challenge, which is about its person. Nothing counts before the statements
 * have committed.
 * @throws Refusal `passkey_invalid` after recording why; `wrong_state` for who has five.
 */
export async function planRegistration(
  deps: PasskeyDeps,
  challenge: Challenge,
  { registration, name, mustBeFirst, origin }: PlanRegistration,
): Promise<PlannedPasskey> {
  const { tenantId, userId } = challenge
  if (userId === null) throw new Refusal('challenge_invalid')
  const person = { tenantId, userId }
  const credentialId = bytesOf(registration.id) ?? Buffer.alloc(0)
  const [[tenant], [userKey], held, passkeys, [known]] = await inOneFlight(deps.db, { tenantId }, [
    tenantPolicyOf(tenantId),
    userKeyOf(tenantId, userId),
    heldFactorsOf(person),
    passkeysOf(person),
    passkeyByCredential(tenantId, credentialId),
  ])
  requireRoom(passkeys.length)
  const policy = readTenantPolicy(tenant?.policy)
  const made = await verifyRegistration({
    party: relyingPartyOf(deps, policy),
    challenge: webAuthnBytes(deps, challenge),
    registration,
    mustVerifyUser: policy.userVerification === 'required',
  })
  if ('fault' in made) return refuse(deps, challenge, { origin, fault: made.fault })
  if (known !== undefined) return refuse(deps, challenge, { origin, fault: 'known_already' })
  const at = deps.clock()
  const id = newId('mfa', at)
  const sealed =
    name === undefined || userKey === undefined
      ? null
      : sealFactorName(deps, { userId, userKey }, { id, name })
  const codes = planFirstRecoveryCodes({ ...person, at }, held)
  return {
    factorId: id,
    method: methodOf(made.passkey),
    recoveryCodes: codes.codes,
    statements: [
      useChallenge({ ...challenge, now: at }),
      requireRelyingParty({ tenantId, rpId: policy.rpId, otherwise: passkeyRefused }),
      ...(mustBeFirst ? [requireNoFactor(person)] : []),
      insertFactor({ ...person, id, kind: 'passkey', name: sealed, secret: null, at, confirmed: true }),
      insertPasskey(person, id, made.passkey),
      ...codes.statements,
      ...recordEnrolled(deps, { ...person, id, kind: 'passkey', at, origin }),
    ],
  }
}

async function refuse(
  deps: PasskeyDeps,
  challenge: Challenge,
  { origin, fault }: { readonly origin: RequestOrigin; readonly fault: PasskeyFault },
): Promise<never> {
  const { tenantId, userId } = challenge
  const at = deps.clock()
  await inOneFlight(deps.db, { tenantId }, [
    countWrongAnswer(challenge),
    appendAudit({
      tenantId,
      at,
      actor: { type: 'user', id: userId ?? '' },
      action: 'passkey.refused',
      target: { type: 'user', id: userId ?? '' },
      outcome: 'refused',
      reason: fault,
      origin,
    }),
  ])
  throw new Refusal('passkey_invalid')
}
