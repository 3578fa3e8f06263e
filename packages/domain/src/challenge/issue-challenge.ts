import type { Statement } from '../db/index.ts'
import { newId, type Clock, type Id } from '../kit/index.ts'
import { mintOpaqueToken } from '../opaque-token/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { challengeKinds, type ChallengeKind } from './challenge-kinds.ts'
import type { Challenge, ChallengeFacts } from './challenge.ts'
import { tokenSecret } from './derive.ts'
import { insertChallenge } from './queries.ts'

export interface IssueChallenge {
  readonly tenantId: Id<'ten'>
  readonly kind: ChallengeKind
  readonly userId?: Id<'usr'>
  readonly sessionId?: Id<'ses'>
  /** The one browser that may answer; see `browserBinding`. */
  readonly binding?: Buffer | undefined
  readonly facts?: ChallengeFacts
}

/** A challenge that is about to be stored. */
export interface IssuedChallenge {
  readonly challenge: Challenge
  /** For whoever is to answer. It follows from the row's id and a key, and is stored nowhere. */
  readonly token: string
  /** To stand in the transaction of what leads to it. */
  readonly insert: Statement<unknown>
}

/** Makes a challenge: its token, and the statement that stores it. */
export function issueChallenge(
  deps: { readonly clock: Clock; readonly secrets: SecretRings },
  { tenantId, kind, userId, sessionId, binding, facts = {} }: IssueChallenge,
): IssuedChallenge {
  const now = deps.clock()
  const challenge: Challenge = {
    tenantId,
    id: newId('cha', now),
    kind,
    userId: userId ?? null,
    sessionId: sessionId ?? null,
    binding: binding ?? null,
    keyVersion: deps.secrets.of('one-time').current(now).version,
    facts,
    createdAt: now,
    expiresAt: new Date(now.getTime() + challengeKinds[kind] * 1000),
  }
  return { challenge, token: spellChallenge(deps, challenge, now), insert: insertChallenge(challenge) }
}

/** A challenge's token: the same every time. */
function spellChallenge(deps: { readonly secrets: SecretRings }, challenge: Challenge, now: Date): string {
  const secret = tokenSecret(deps, challenge)
  if (secret === undefined) throw new Error(`One-time key ${challenge.keyVersion} is not loaded.`)
  const { token } = mintOpaqueToken(deps.secrets.of('token-tag').current(now), {
    type: 'challenge',
    tenantId: challenge.tenantId,
    objectId: challenge.id,
    generation: challenge.keyVersion,
    secret,
  })
  return token
}
