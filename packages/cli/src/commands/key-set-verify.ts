import { readFile } from 'node:fs/promises'
import { inspectKeySet, type InspectedKeySet, type ReadKeySet } from '@iam/domain/key-set'
import { readCapped } from '@iam/platform/http'

/** One thing that has to be so of a key set. */
export interface Check {
  readonly check: string
  readonly holds: boolean
  readonly detail: string
}

export interface VerifiedKeySet extends InspectedKeySet {
  readonly holds: boolean
  readonly checks: readonly Check[]
}

type Pins = Pick<ReadKeySet, 'env' | 'issuer' | 'anchors' | 'endorsementAnchors'>

const largest = 1024 * 1024
const patience = 10_000

/** Says of a signed key set what holds of it and what does not. @param source a URL, or a file's name. */
export async function keySetVerify(source: string, pins: Pins, now = new Date()): Promise<VerifiedKeySet> {
  const document = (await readDocument(source)).trim()
  const inspected = await inspectKeySet(document, { ...pins, floor: {}, now })
  const checks = [...checksOfDocument(inspected, pins), ...inspected.keys.map((key) => checkOfKey(key, now))]
  return { ...inspected, checks, holds: checks.every(({ holds }) => holds) }
}

async function readDocument(source: string): Promise<string> {
  if (!/^https?:\/\//.test(source)) return readFile(source, 'utf8')
  const response = await fetch(source, { redirect: 'error', signal: AbortSignal.timeout(patience) })
  if (response.status !== 200) throw new Error(`${source} answered ${response.status}.`)
  return (await readCapped(response, largest)).toString()
}

function checksOfDocument({ anchor, claims, fault, expiresIn }: InspectedKeySet, pins: Pins): Check[] {
  const isOurs = fault !== 'not_ours'
  const time = (seconds: number | undefined) =>
    seconds === undefined ? 'unknown' : new Date(seconds * 1000).toISOString()
  const end = `${(expiresIn ?? 0) > 0 ? 'expires' : 'expired'} ${time(claims?.exp)}`
  return [
    { check: 'anchor', holds: anchor.pinned, detail: `is signed by ${anchor.kid ?? 'nobody that it names'}` },
    { check: 'signature', holds: isOurs, detail: 'holds for this type, anchor and issuer' },
    {
      check: 'issuer',
      holds: claims?.iss === pins.issuer && claims.sub === pins.issuer,
      detail: `is ${claims?.iss ?? 'unknown'}`,
    },
    { check: 'form', holds: isOurs && fault !== 'malformed', detail: 'has every member that a key set has' },
    { check: 'issued', holds: isOurs && fault !== 'from_the_future', detail: `at ${time(claims?.iat)}` },
    { check: 'expiry', holds: (expiresIn ?? 0) > 0, detail: end },
    { check: 'keys', holds: isOurs && fault !== 'no_endorsed_key', detail: 'at least one can be used' },
  ]
}

function checkOfKey(
  { kid, alg, endorsed, verifyUntil = 0, revoked }: InspectedKeySet['keys'][number],
  now: Date,
): Check {
  const isOver = verifyUntil * 1000 <= now.getTime()
  const end = isOver ? 'has come to its end' : `verifies until ${new Date(verifyUntil * 1000).toISOString()}`
  const endorsement = endorsed ? end : 'is not endorsed by a pinned anchor'
  const detail = `${kid} (${alg}) ${revoked ? 'was given up' : endorsement}`
  return { check: 'key', holds: endorsed && !isOver && !revoked, detail }
}
