import { createHmac } from 'node:crypto'
import type { Clock, RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }

/** 16 bytes that are the same for the same network and agent at the same tenant, and tell nothing of either. */
export function fingerprintOf(deps: Deps, tenantId: string, origin: RequestOrigin): Buffer {
  return keyed(deps, ['origin', tenantId, origin.network, origin.agent]).subarray(0, 16)
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
  return createHmac('sha256', key).update(fields.join('\0')).digest()
}
