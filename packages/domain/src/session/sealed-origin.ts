import type { Clock, RequestOrigin } from '../kit/index.ts'
import { seal, unseal, type SecretRings } from '../secret-key/index.ts'

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }

/** Where a request came from, as far as a person is told of it. */
export type KnownOrigin = Pick<RequestOrigin, 'network' | 'agent' | 'place'>

const versionLength = 4

/**
 * Where a refresh came from, sealed for its family under the deployment's data key, whose version stands before it: a
 * refresh reads no key of the person, and must not wait for one. iam-worker seals it under the person's, if it is needed.
 */
export function sealOrigin({ secrets, clock }: Deps, familyId: string, origin: KnownOrigin): Buffer {
  const { version, key } = secrets.of('data').current(clock())
  const { network, agent, place } = origin
  const head = Buffer.alloc(versionLength)
  head.writeUInt32BE(version)
  return Buffer.concat([head, seal(key, Buffer.from(JSON.stringify({ network, agent, place })), familyId)])
}

/** Opens what `sealOrigin` made; undefined when its key was destroyed. */
export function openOrigin(
  { secrets }: Pick<Deps, 'secrets'>,
  familyId: string,
  sealed: Buffer,
): KnownOrigin | undefined {
  const version = sealed.readUInt32BE(0)
  const key = secrets.of('data').byVersion(version)
  if (key === undefined) return undefined
  return JSON.parse(unseal(key, sealed.subarray(versionLength), familyId).toString()) as KnownOrigin
}
