import type { Executor } from '../db/index.ts'
import type { AnchorRotation } from '../anchor-rotation/index.ts'
import {
  anchorKeyOf,
  digestOf,
  requiredMembers,
  signHistoricalKeys,
  verifyAnchored,
  keySetTyp,
  type AnchorSigner,
  type HistoricalKey,
} from '../key-set/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import type { KeySetStore } from './key-set-store.ts'
import { lastDocumentBefore, listEndedKeys, type EndedKey } from './queries.ts'

export interface HistorySettings {
  readonly store: KeySetStore
  /** How long after its end a key is kept, in seconds. */
  readonly keepFor: number
}

interface PublishHistory {
  readonly kysely: Executor
  readonly publisher: AnchorSigner
  readonly deployment: Deployment
  readonly rotations: readonly AnchorRotation[]
  readonly now: Date
}

/** More than any cadence makes in the years that anybody keeps: a bound for who has to read it. */
const most = 1_000

/**
 * Publishes the keys that have come to their end, those of the anchors among them, when they changed or another
 * anchor signs. @returns the digest by which the key set names the document.
 */
export async function publishHistory(history: HistorySettings, deps: PublishHistory): Promise<string> {
  const ended = await listEndedKeys(deps.kysely, { keepFor: history.keepFor, most })
  const anchors = await retiredAnchors(deps)
  const keys = [...anchors, ...ended.map(historicalKey)]
  const stored = await history.store.read()
  const document = stored?.body.toString()
  if (document !== undefined && (await says(document, keys, deps.publisher.kid))) return digestOf(document)
  const { issuer } = deps.deployment
  const signed = await signHistoricalKeys(deps.publisher, { issuer, keys, now: deps.now })
  await history.store.write(Buffer.from(signed), stored?.generation ?? '0')
  return digestOf(signed)
}

async function says(document: string, keys: readonly HistoricalKey[], anchor: string): Promise<boolean> {
  const claims = await verifyAnchored(document, { typ: keySetTyp, anchors: [anchor] })
  return JSON.stringify(claims?.['keys']) === JSON.stringify(keys)
}

function historicalKey(key: EndedKey): HistoricalKey {
  const { kid, alg, endorsement, createdAt, verifyUntil, revokedAt } = key
  return {
    ...requiredMembers(key.publicJwk),
    kid,
    alg,
    use: 'sig',
    iat: seconds(createdAt),
    exp: seconds(verifyUntil),
    ...(revokedAt === null ? {} : { revoked: { revoked_at: seconds(revokedAt), reason: 'compromised' } }),
    endorsement,
  }
}

/** Anchors that another has followed. Their public halves stand in the documents that they signed. */
async function retiredAnchors({
  kysely,
  rotations,
  deployment,
  now,
}: PublishHistory): Promise<HistoricalKey[]> {
  const past = rotations.filter(({ switchAt }) => switchAt <= now)
  const found = await Promise.all(
    past.map(async ({ from, switchAt, switchedAt }) => {
      const document = await lastDocumentBefore(kysely, deployment.region, switchedAt ?? now)
      const signedBy = document === undefined ? undefined : anchorKeyOf(document)
      if (signedBy?.kid !== from) return []
      const key = { ...requiredMembers(signedBy.jwk), kid: from, alg: 'ES256', use: 'sig' } as const
      return [{ ...key, exp: seconds(switchAt) }]
    }),
  )
  return found.flat()
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
