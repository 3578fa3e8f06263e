import { timingSafeEqual } from 'node:crypto'
import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { readOpaqueToken } from '../opaque-token/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { ChallengeKind } from './challenge-kinds.ts'
import type { Challenge } from './challenge.ts'
import { tokenSecret } from './derive.ts'
import { usableChallenge } from './queries.ts'

export interface PresentedChallenge {
  readonly tenantId: Id<'ten'>
  readonly token: string
  /** What the caller takes; a challenge of another kind is none. */
  readonly kinds: readonly ChallengeKind[]
  /** Of the browser that answers, where one does; see `browserBinding`. */
  readonly binding?: Buffer | undefined
}

/**
 * The challenge behind a token, not used up by this.
 * @throws Refusal `challenge_invalid` for one that is not ours, of another tenant or kind, used, too old, guessed at
 *   too often, or another browser's.
 */
export async function readChallenge(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  presented: PresentedChallenge,
): Promise<Challenge> {
  const named = nameOf(deps, presented)
  if (named === undefined) throw new Refusal('challenge_invalid')
  const [[challenge]] = await inOneFlight(deps.db, { tenantId: named.tenantId }, [
    usableChallenge({ ...named, now: deps.clock() }),
  ])
  if (challenge === undefined || challenge.kind !== named.kind || !isBoundTo(challenge, presented.binding))
    throw new Refusal('challenge_invalid')
  return challenge
}

/** Nothing is asked of the database for a token whose secret does not follow from its id. */
function nameOf(deps: { readonly secrets: SecretRings }, { tenantId, token, kinds }: PresentedChallenge) {
  const read = readOpaqueToken(deps.secrets.of('token-tag'), 'challenge', token)
  if (read === undefined || read.tenantId !== tenantId) return undefined
  const id = read.objectId as Id<'cha'>
  for (const kind of kinds) {
    const right = tokenSecret(deps, { tenantId, id, kind, keyVersion: read.generation })
    if (right !== undefined && timingSafeEqual(right, read.secret)) return { tenantId, id, kind }
  }
  return undefined
}

/** One that is bound is answered by its browser alone; one that is not, by no browser. */
function isBoundTo({ binding }: Challenge, given: Buffer | undefined): boolean {
  if (binding === null || given === undefined) return binding === null && given === undefined
  return binding.length === given.length && timingSafeEqual(binding, given)
}
