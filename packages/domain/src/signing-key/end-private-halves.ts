import type { Executor } from '../db/index.ts'
import { settle } from '../kit/index.ts'
import { listKeysToEnd, markDestroyed, markVersionEnded, type SigningKeyRow } from './queries.ts'
import type { EndVersions } from './versioned-key.ts'

type EndPrivateHalves = {
  readonly db: { readonly kysely: Executor }
  /** What ends versions in KMS; those of keys there stay as they are without it. */
  readonly keyVersions?: EndVersions | undefined
  /** Does one change of one key with its audit, and neither when the key had moved meanwhile. */
  readonly record: (
    told: { readonly key: SigningKeyRow; readonly did: string },
    change: (tx: Executor) => Promise<boolean>,
  ) => Promise<void>
}

/**
 * Ends the private halves of keys that have ended: a retired key is destroyed, and one that was given up is disabled
 * where it is in KMS, so that nobody signs with it there either. KMS first: cut off in between, the next run finds it
 * done and notes it. One that cannot be ended holds up no other. @throws the first failure, after all.
 */
export async function endPrivateHalves(deps: EndPrivateHalves): Promise<void> {
  const failures: unknown[] = []
  for (const key of await listKeysToEnd(deps.db.kysely)) {
    const { failure } = await settle([end(deps, key)])
    if (failure !== undefined) failures.push(failure.reason)
  }
  if (failures.length > 0) throw failures[0]
}

async function end(deps: EndPrivateHalves, key: SigningKeyRow): Promise<void> {
  if (key.kmsVersion === null) await destroy(deps, key)
  else if (deps.keyVersions !== undefined) await endVersion(deps, deps.keyVersions, key)
}

async function endVersion(deps: EndPrivateHalves, versions: EndVersions, key: SigningKeyRow): Promise<void> {
  const version = key.kmsVersion ?? ''
  if (key.state === 'compromised') {
    await versions.disable(version)
    await deps.record({ key, did: 'disabled' }, (tx) => markVersionEnded(tx, key.id))
    return
  }
  await versions.destroy(version)
  await destroy(deps, key)
}

async function destroy({ record }: EndPrivateHalves, key: SigningKeyRow): Promise<void> {
  await record({ key, did: 'destroyed' }, async (tx) => {
    if (key.kmsVersion !== null) await markVersionEnded(tx, key.id)
    return markDestroyed(tx, key.id)
  })
}
