import { createHmac, type KeyObject } from 'node:crypto'
import type { Clock, RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }

/** A network and agent at a tenant, telling nothing of either: by the key that makes now, and by every one that is held. */
export interface Fingerprints {
  readonly current: Buffer
  readonly all: readonly Buffer[]
}

const bytes = { version: 4, tag: 16 }

/**
 * 20 bytes for each version of the key, the version before the 16 that are the same for the same network and agent.
 * Two of different versions say nothing of one another: what was noted before a rotation is compared by its own key.
 */
export function fingerprintsOf(
  { secrets, clock }: Deps,
  tenantId: string,
  origin: RequestOrigin,
): Fingerprints {
  const ring = secrets.of('fingerprint')
  const fields = ['origin', tenantId, origin.network, origin.agent]
  const by = ({ version, key }: { readonly version: number; readonly key: KeyObject }): Buffer => {
    const head = Buffer.alloc(bytes.version)
    head.writeUInt32BE(version)
    return Buffer.concat([head, hmac(key, fields).subarray(0, bytes.tag)])
  }
  return { current: by(ring.current(clock())), all: ring.all().map(by) }
}

/** What stands in the audit trail for an address nobody is registered under. */
export function subjectHmacOf(deps: Deps, tenantId: string, email: string): Buffer {
  return keyed(deps, ['subject', tenantId, email])
}

/**
 * The stream of events about addresses that nobody has: one of 64 for each tenant, so that guessing at addresses
 * makes no streams without end.
 */
export function streamOfUnknown(subjectHmac: Buffer): string {
  return `unknown_${(subjectHmac[0] ?? 0) % 64}`
}

function keyed(deps: Deps, fields: readonly string[]): Buffer {
  const { key } = deps.secrets.of('fingerprint').current(deps.clock())
  return hmac(key, fields)
}

function hmac(key: KeyObject, fields: readonly string[]): Buffer {
  return createHmac('sha256', key).update(fields.join('\0')).digest()
}
