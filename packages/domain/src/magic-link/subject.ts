import { createHmac } from 'node:crypto'
import type { Clock, Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

type Deps = { readonly secrets: SecretRings }

/** 32 bytes that stand for an address at a tenant and tell nothing of it. @param email normalised. */
export function subjectOf(
  deps: Deps & { readonly clock: Clock },
  tenantId: Id<'ten'>,
  email: string,
): Buffer {
  return keyed(deps.secrets.of('fingerprint').current(deps.clock()).key, tenantId, email)
}

/** The same under every key that is held: what was stored before a rotation is found, too. */
export function subjectsOf({ secrets }: Deps, tenantId: Id<'ten'>, email: string): Buffer[] {
  return secrets
    .of('fingerprint')
    .all()
    .map(({ key }) => keyed(key, tenantId, email))
}

function keyed(key: Parameters<typeof createHmac>[1], tenantId: string, email: string): Buffer {
  return createHmac('sha256', key).update(['magic-link', tenantId, email].join('\0')).digest()
}
