import { inspectKeySet, type InspectedKeySet } from '@iam/domain/key-set'
import { keySetStoreIn } from '@iam/domain/signing-key'
import { openObjectStore } from '@iam/platform/object-store'
import type { Config } from '../config.ts'
import { openAnchors } from '../kms/open-anchors.ts'
import type { OperatorDeps } from '../operator-deps.ts'

/** Looks into the key set that stands in the object store, by the anchors that KMS has. @throws when there is none. */
export async function keySetShow(deps: OperatorDeps, config: Config): Promise<InspectedKeySet> {
  const stored = await keySetStoreIn(await openObjectStore(config.store)).read()
  if (stored === undefined) throw new Error('No key set is published yet: run `iam bootstrap` first.')
  const { publisher, spare, endorser } = await openAnchors(deps, config)
  return inspectKeySet(stored.body.toString(), {
    env: config.deployment.env,
    issuer: config.deployment.issuer,
    anchors: [publisher.kid, spare.kid],
    endorsementAnchors: [endorser.kid],
    floor: {},
    now: deps.clock(),
  })
}
