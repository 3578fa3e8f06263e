import type { Kms, KeyVersion } from './kms.ts'

/** The key whose versions sign by an algorithm: each has one of its own, since a key there has one algorithm. */
export function signKeyOf(prefix: string, alg: string): string {
  return `${prefix}-${alg.toLowerCase()}`
}

/** The keys of a key management service whose versions sign, by algorithm; undefined without a prefix. */
export function signKeysIn(kms: Pick<Kms, 'versions' | 'publicKey'>, prefix: string | undefined) {
  return prefix === undefined ? undefined : (alg: string) => versionedKey(kms, signKeyOf(prefix, alg))
}

function versionedKey(kms: Pick<Kms, 'versions' | 'publicKey'>, keyName: string) {
  return {
    list: (): Promise<KeyVersion[]> => kms.versions.list(keyName),
    create: (): Promise<KeyVersion> => kms.versions.create(keyName),
    publicKey: (versionName: string) => kms.publicKey(versionName),
  }
}
