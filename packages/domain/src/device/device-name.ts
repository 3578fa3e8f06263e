import type { SecretRings } from '../secret-key/index.ts'
import { personalOpener, sealPersonal, type SealedUserKey } from '../user/index.ts'

type Deps = { readonly secrets: SecretRings }

const context = (deviceId: string) => `${deviceId}:name`

/** A device's name, sealed under its person's key. */
export function sealDeviceName(
  { secrets }: Deps,
  owner: { readonly userId: string; readonly userKey: SealedUserKey },
  { id, name }: { readonly id: string; readonly name: string },
): Buffer {
  return sealPersonal(secrets.of('data'), owner, { values: { name }, context: context(id) })
}

/** What opens the names of a person's devices; nothing once the person's key is erased. */
export function deviceNameOpener(
  { secrets }: Deps,
  owner: { readonly userId: string; readonly userKey: SealedUserKey | undefined },
): (device: { readonly id: string; readonly name: Buffer | null }) => string | null {
  const open = personalOpener(secrets.of('data'), owner)
  return ({ id, name }) => open(name, context(id))?.['name'] ?? null
}
