import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
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

function openUserKey(
  dataKeys: SecretRing,
  { userId, userKey }: { readonly userId: string; readonly userKey: SealedUserKey },
): KeyObject {
  const key = dataKeys.byVersion(userKey.dataKeyVersion)
  if (key === undefined) throw new Error(`Data key ${userKey.dataKeyVersion} is not loaded.`)
  return createSecretKey(unseal(key, userKey.sealed, userId))
}
