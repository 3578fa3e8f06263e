import { crc32c } from '@node-rs/crc32'
import { failedPrecondition, invalidArgument } from '../rpc/status-error.ts'
import { timestampNow } from '../rpc/timestamp.ts'
import { type SecretStore, type SecretVersion, requireSecret, requireVersion } from './secret-store.ts'

const mostBytes = 65_536

type AddSecretVersionRequest = {
  parent: string
  payload: { data: Buffer; dataCrc32c: string | null } | null
}

/** Adds a version, which is the latest from now on. Refuses more than 64 KiB and a checksum that is not the data's. */
export function addSecretVersion(store: SecretStore, { parent, payload }: AddSecretVersionRequest): object {
  const secret = requireSecret(store, parent)
  const data = payload?.data ?? Buffer.alloc(0)
  if (data.length > mostBytes) throw invalidArgument('The payload is larger than 65536 bytes.')
  const claimed = payload?.dataCrc32c
  if (claimed && Number(claimed) !== crc32c(data))
    throw invalidArgument('The checksum is not that of the data.')
  const versionCount = secret.versionCount + 1
  const version: SecretVersion = {
    name: `${secret.name}/versions/${versionCount}`,
    state: 'ENABLED',
    createTime: timestampNow(),
    destroyTime: undefined,
    data: data.toString('base64'),
  }
  store.versions.set(version.name, version)
  store.secrets.set(secret.name, { ...secret, versionCount })
  return describe(version)
}

/** What is known of a version, but for what it holds. */
export function getSecretVersion(store: SecretStore, { name }: { name: string }): object {
  return describe(requireVersion(store, name))
}

/** What a version holds, with its checksum. Refuses one that is disabled or destroyed, also when it is the latest. */
export function accessSecretVersion(store: SecretStore, { name }: { name: string }): object {
  const version = requireVersion(store, name)
  if (version.state !== 'ENABLED')
    throw failedPrecondition(`Secret Version [${version.name}] is in ${version.state} state.`)
  const data = Buffer.from(version.data, 'base64')
  return { name: version.name, payload: { data, dataCrc32c: String(crc32c(data)) } }
}

/** Switches a version off, or on again. Refuses one that is destroyed. */
export function switchSecretVersion(
  store: SecretStore,
  { name }: { name: string },
  state: 'ENABLED' | 'DISABLED',
): object {
  const version = requireVersion(store, name)
  if (version.state === 'DESTROYED') throw failedPrecondition(`Secret Version [${name}] is DESTROYED.`)
  const switched = { ...version, state }
  store.versions.set(version.name, switched)
  return describe(switched)
}

/** Forgets what a version holds, for good. */
export function destroySecretVersion(store: SecretStore, { name }: { name: string }): object {
  const version = requireVersion(store, name)
  if (version.state === 'DESTROYED') throw failedPrecondition(`Secret Version [${name}] is DESTROYED.`)
  const destroyed = { ...version, state: 'DESTROYED', data: '', destroyTime: timestampNow() } as const
  store.versions.set(version.name, destroyed)
  return describe(destroyed)
}

function describe({ name, state, createTime, destroyTime }: SecretVersion): object {
  return { name, state, createTime, destroyTime }
}
