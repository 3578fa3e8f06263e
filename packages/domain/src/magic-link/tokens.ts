import { timingSafeEqual } from 'node:crypto'
import { Refusal, type Id } from '../kit/index.ts'
import { mintOpaqueToken, readOpaqueToken } from '../opaque-token/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { secretOf } from './derive.ts'
import type { MagicLinkName } from './magic-link.ts'

type Deps = { readonly secrets: SecretRings }

/** The token in the mailed link, or the one that the device that asked holds: the same every time. */
const types = { link: 'magic-link', request: 'magic-request' } as const
export type MagicToken = keyof typeof types

/** Spells one of a link's two tokens. */
export function spellToken(deps: Deps, which: MagicToken, name: MagicLinkName, now: Date): string {
  const secret = secretOf(deps, which, name)
  if (secret === undefined) throw new Error(`One-time key ${name.keyVersion} is not loaded.`)
  const { token } = mintOpaqueToken(deps.secrets.of('token-tag').current(now), {
    type: types[which],
    tenantId: name.tenantId,
    objectId: name.id,
    generation: name.keyVersion,
    secret,
  })
  return token
}

/**
 * Which link a token is of. Whether it can still be used, the database decides.
 * @throws Refusal `code_invalid` for one that is not ours, of another tenant, or the other one of the two.
 */
export function requireToken(
  deps: Deps,
  which: MagicToken,
  { tenantId, token }: { readonly tenantId: Id<'ten'>; readonly token: string },
): MagicLinkName {
  const read = readOpaqueToken(deps.secrets.of('token-tag'), types[which], token)
  if (read === undefined || read.tenantId !== tenantId) throw new Refusal('code_invalid')
  const name = { tenantId, id: read.objectId as Id<'mgl'>, keyVersion: read.generation }
  const right = secretOf(deps, which, name)
  if (right === undefined || !timingSafeEqual(right, read.secret)) throw new Refusal('code_invalid')
  return name
}
