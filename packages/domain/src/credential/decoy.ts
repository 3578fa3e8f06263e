import { createHmac } from 'node:crypto'
import type { Clock } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { StoredPassword } from './passwords.ts'

/** How many of a tenant's credentials have the same parameters. */
export interface ParameterShare {
  /** A hash without its salt and its result. */
  readonly parameters: string
  readonly credentials: string
}

/**
 * What is checked for an address that has no password: a hash with the parameters of one of the tenant's, drawn
 * by the address over how many the tenant has of each, so that imported hashes and old parameters give nobody
 * away. The same address draws the same while the tenant's mix stays the same: its key is not rotated, since an address
 * that draws another decoy afterwards would show that nobody has it.
 *
 * That an address answers as slowly as, say, bcrypt says nothing of whether it is registered, because as large a
 * part of the unknown addresses does as of the registered ones. It hides nothing from somebody who knows what a
 * person's hash looked like in the system it came from.
 * @returns undefined where the tenant has no credential at all.
 */
export function decoyFor(
  deps: { readonly secrets: SecretRings; readonly clock: Clock },
  of: { readonly tenantId: string; readonly email: string; readonly mix: readonly ParameterShare[] },
): StoredPassword | undefined {
  const total = of.mix.reduce((sum, { credentials }) => sum + Number(credentials), 0)
  let left = drawn(deps, of) * total
  const share = of.mix.find(({ credentials }) => (left -= Number(credentials)) < 0)
  if (share === undefined) return undefined
  const pepperVersion = deps.secrets.of('pepper').current(deps.clock()).version
  return {
    hash: hashWith(share.parameters),
    pepperVersion: share.parameters.startsWith('$argon2') ? pepperVersion : null,
  }
}

/** From 0 up to but not including 1, the same for the same address. */
function drawn(
  { secrets, clock }: { readonly secrets: SecretRings; readonly clock: Clock },
  { tenantId, email }: { readonly tenantId: string; readonly email: string },
): number {
  const { key } = secrets.of('decoy').current(clock())
  const digest = createHmac('sha256', key).update(['decoy', tenantId, email].join('\0')).digest()
  return digest.readUIntBE(0, 6) / 2 ** 48
}

/** A hash that costs what those with these parameters cost. No password is known to fit; none would be let in. */
function hashWith(parameters: string): string {
  if (parameters.startsWith('$2')) return `${parameters}$${'.'.repeat(53)}`
  const length = Number(/,l=(\d+)$/.exec(parameters)?.[1] ?? 32)
  return `${parameters}$${zeros(16)}$${zeros(length)}`
}

function zeros(length: number): string {
  return Buffer.alloc(length).toString('base64').replaceAll('=', '')
}
