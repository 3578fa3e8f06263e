import type { Executor } from '../db/index.ts'
import { endorseSigningKey, type EndorseSigningKey, type NewSigningKey } from './generate-signing-key.ts'
import { listKmsVersions, type SigningKeyRow } from './queries.ts'
import type { ListedVersion, VersionedKey } from './versioned-key.ts'

type AdoptKmsVersion = EndorseSigningKey & {
  readonly db: { readonly kysely: Executor }
  readonly versionedKey: VersionedKey
}

/**
 * Takes a version of a key in KMS for the next signing key and has its public half endorsed. One that no signing key
 * has yet goes first, since it was made by a run that was cut off; otherwise a new one is made. Nothing is stored.
 * @returns undefined while the version is being generated: the next run finds it.
 */
export async function adoptKmsVersion(
  deps: AdoptKmsVersion,
  input: NewSigningKey,
): Promise<SigningKeyRow | undefined> {
  const { versionedKey } = deps
  const version = (await unusedVersion(deps)) ?? (await versionedKey.create())
  if (version.state !== 'ENABLED') return undefined
  const key = await endorseSigningKey(deps, input, await versionedKey.publicKey(version.name))
  return { ...key, custody: 'kms', wrapped: null, kmsVersion: version.name }
}

async function unusedVersion({ db, versionedKey }: AdoptKmsVersion): Promise<ListedVersion | undefined> {
  const versions = await versionedKey.list()
  const taken = new Set(await listKmsVersions(db.kysely))
  const unused = versions.filter(({ name }) => !taken.has(name))
  return unused.find(({ state }) => state === 'ENABLED') ?? unused.find(isBeingGenerated)
}

function isBeingGenerated({ state }: ListedVersion): boolean {
  return state === 'PENDING_GENERATION'
}
