import { createHash } from 'node:crypto'
import { signAnchored, verifyAnchored, type AnchorSigner } from '../key-set/index.ts'

/** The media type of a signed head, without `application/`. */
const auditHeadTyp = 'iam-audit-head+jwt'

/** What is signed every minute: where all tenants' chains end, and which head came before. */
export interface AuditHead {
  readonly iss: string
  readonly env: string
  readonly region: string
  readonly number: number
  /** The minute it stands for, in ISO 8601. */
  readonly minute: string
  /** SHA-256 of the JWS before, base64url; none for the first. */
  readonly prev: string | null
  /** The Merkle root over all chains (RFC 9162 2.1.1), in hexadecimal. */
  readonly root: string
  readonly tenants: number
}

/** Signs a head. */
export function signHead(signer: AnchorSigner, head: AuditHead): Promise<string> {
  return signAnchored(signer, auditHeadTyp, head)
}

/** Reads a head that one of the anchors signed; undefined for anything else. @param anchors their thumbprints. */
export async function readHead(jws: string, anchors: readonly string[]): Promise<AuditHead | undefined> {
  const claims = await verifyAnchored(jws, { typ: auditHeadTyp, anchors })
  const { number, minute, prev, root } = claims ?? {}
  if (typeof number !== 'number' || typeof minute !== 'string' || typeof root !== 'string') return undefined
  if (prev !== null && typeof prev !== 'string') return undefined
  return claims as unknown as AuditHead
}

/** What the next head says of this one. */
export function digestOf(jws: string): string {
  return createHash('sha256').update(jws).digest('base64url')
}

/** Where a minute's head is stored: conditional creation makes it the only one. */
export function headName(minute: Date): string {
  const [day = '', time = ''] = minute.toISOString().split('T')
  return `audit/heads/${day.replaceAll('-', '/')}/${time.slice(0, 5).replace(':', '')}.jwt`
}
