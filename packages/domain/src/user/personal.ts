import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { Refusal } from '../kit/index.ts'
import { seal, unseal, type SecretRing } from '../secret-key/index.ts'

/** A person's own key as it is stored: sealed under a version of the data key. */
export interface SealedUserKey {
  readonly dataKeyVersion: number
  readonly sealed: Buffer
}

/** A fresh key for a person, sealed and ready to store. */
export function newUserKey(dataKeys: SecretRing, userId: string, now: Date): SealedUserKey {
  const { version, key } = dataKeys.current(now)
  return { dataKeyVersion: version, sealed: seal(key, randomBytes(32), userId) }
}

/**
 * The same key, sealed by the newest version of the data key.
 * @returns undefined where there is nothing to do. @throws when it does not open, or its version is not loaded.
 */
export function rewrapUserKey(
  dataKeys: SecretRing,
  { userId, userKey }: { readonly userId: string; readonly userKey: SealedUserKey },
  now: Date,
): SealedUserKey | undefined {
  const { version, key } = dataKeys.current(now)
  if (userKey.dataKeyVersion >= version) return undefined
  const material = unsealUserKey(dataKeys, { userId, userKey })
  try {
    return { dataKeyVersion: version, sealed: seal(key, material, userId) }
  } finally {
    material.fill(0)
  }
}

/**
 * Seals personal values for audit or outbox under the person's own key: erasing that key erases them.
 * @param context what the sealed bytes belong to (an event's id); they open nowhere else.
 */
export function sealPersonal(
  dataKeys: SecretRing,
  owner: { readonly userId: string; readonly userKey: SealedUserKey },
  { values, context }: { readonly values: object; readonly context: string },
): Buffer {
  return seal(openUserKey(dataKeys, owner), Buffer.from(JSON.stringify(values)), context)
}

/**
 * What opens a person's sealed values.
 * @returns a function that answers undefined for what was not kept, and for everything once the key is erased.
 */
export function personalOpener(
  dataKeys: SecretRing,
  { userId, userKey }: { readonly userId: string; readonly userKey: SealedUserKey | undefined },
): (sealed: Buffer | null, context: string) => Readonly<Record<string, string>> | undefined {
  if (userKey === undefined) return () => undefined
  const key = openUserKey(dataKeys, { userId, userKey })
  return (sealed, context) =>
    sealed === null
      ? undefined
      : (JSON.parse(unseal(key, sealed, context).toString()) as Record<string, string>)
}

type Owned = { readonly userId: string; readonly userKey: SealedUserKey }

function openUserKey(dataKeys: SecretRing, owned: Owned): KeyObject {
  return createSecretKey(unsealUserKey(dataKeys, owned))
}

/** A version that is newer than all that are held will be loaded in a moment: another instance has it by then. */
function unsealUserKey(dataKeys: SecretRing, { userId, userKey }: Owned): Buffer {
  const { dataKeyVersion: version, sealed } = userKey
  const key = dataKeys.byVersion(version)
  if (key !== undefined) return unseal(key, sealed, userId)
  if (version > (dataKeys.all()[0]?.version ?? 0))
    throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
  throw new Error(`Data key ${version} is not loaded.`)
}
