import type { SecretRings } from '../secret-key/index.ts'
import { personalOpener, sealPersonal, type SealedUserKey } from '../user/index.ts'

type Deps = { readonly secrets: SecretRings }
type Owner = { readonly userId: string; readonly userKey: SealedUserKey }

const contexts = {
  name: (factorId: string) => `${factorId}:name`,
  secret: (factorId: string) => `${factorId}:totp`,
}

/** A factor's name, sealed under its person's key. */
export function sealFactorName(deps: Deps, owner: Owner, { id, name }: { id: string; name: string }): Buffer {
  return sealPersonal(deps.secrets.of('data'), owner, { values: { name }, context: contexts.name(id) })
}

/** A TOTP secret, sealed under its person's key, which KMS wraps at one remove. */
export function sealTotpSecret(
  deps: Deps,
  owner: Owner,
  { id, secret }: { id: string; secret: Buffer },
): Buffer {
  const values = { secret: secret.toString('base64url') }
  return sealPersonal(deps.secrets.of('data'), owner, { values, context: contexts.secret(id) })
}

/** What opens the sealed values of a person's factors; nothing once the person's key is erased. */
export function factorOpener(
  { secrets }: Deps,
  owner: { readonly userId: string; readonly userKey: SealedUserKey | undefined },
) {
  const open = personalOpener(secrets.of('data'), owner)
  return {
    name: (factor: { id: string; name: Buffer | null }): string | null =>
      open(factor.name, contexts.name(factor.id))?.['name'] ?? null,
    secret: (factor: { id: string; secret: Buffer | null }): Buffer | undefined => {
      const opened = open(factor.secret, contexts.secret(factor.id))?.['secret']
      return opened === undefined ? undefined : Buffer.from(opened, 'base64url')
    },
  }
}
