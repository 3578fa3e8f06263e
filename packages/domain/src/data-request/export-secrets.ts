import { createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import type { SecretRings } from '../secret-key/index.ts'
import { personalOpener, sealPersonal, type SealedUserKey } from '../user/index.ts'

/** What opens an export: whoever has both the token and the person’s login gets the files, which are under the key. */
export interface ExportSecrets {
  readonly token: string
  readonly key: KeyObject
}

type Deps = { readonly secrets: SecretRings }
type Owner = { readonly userId: string; readonly userKey: SealedUserKey }

/** Fresh secrets, as they are stored: under the person’s own key, so that they go with it. */
export function sealNewSecrets(deps: Deps, owner: Owner, id: string): { sealed: Buffer; tokenHash: Buffer } {
  const token = randomBytes(32).toString('base64url')
  const values = { token, key: randomBytes(32).toString('base64url') }
  const sealed = sealPersonal(deps.secrets.of('data'), owner, { values, context: contextOf(id) })
  return { sealed, tokenHash: hashOf(token) }
}

/** Opens what `sealNewSecrets` made. @returns undefined where there is nothing to open. */
export function openSecrets(
  deps: Deps,
  { userId, userKey }: { readonly userId: string; readonly userKey: SealedUserKey | undefined },
  { id, sealed }: { readonly id: string; readonly sealed: Buffer | null },
): ExportSecrets | undefined {
  const opened = personalOpener(deps.secrets.of('data'), { userId, userKey })(sealed, contextOf(id))
  const { token, key } = opened ?? {}
  if (token === undefined || key === undefined) return undefined
  return { token, key: createSecretKey(Buffer.from(key, 'base64url')) }
}

/** How a token is found: at rest it stands as this alone. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

const contextOf = (id: string) => `${id}:export`
