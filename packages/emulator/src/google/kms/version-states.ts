import { failedPrecondition, invalidArgument, notEmulated } from '../rpc/status-error.ts'
import { timestampIn } from '../rpc/timestamp.ts'
import { describeVersion } from './crypto-key-versions.ts'
import { type KeyStore, type KeyVersion, requireKey, requireVersion, type VersionState } from './key-store.ts'

type UpdateRequest = {
  cryptoKeyVersion: { name: string; state: string } | null
  updateMask: { paths: string[] } | null
}

/** Enables or disables a version. Refuses one in any other state, and to change anything else. */
export function updateCryptoKeyVersion(
  store: KeyStore,
  { cryptoKeyVersion: wanted, updateMask }: UpdateRequest,
): object {
  if (wanted === null) throw invalidArgument('crypto_key_version is required.')
  if (updateMask?.paths.join() !== 'state') throw notEmulated('an update of anything but the state')
  const { state } = wanted
  if (state !== 'ENABLED' && state !== 'DISABLED') {
    throw invalidArgument(`The state can be set to ENABLED or DISABLED, not to ${state}.`)
  }
  const version = requireState(requireVersion(store, wanted.name), ['ENABLED', 'DISABLED'])
  return move(store, { ...version, state })
}

/** Schedules the destruction of a version: until then it can be restored and does nothing. */
export function destroyCryptoKeyVersion(store: KeyStore, { name }: { name: string }): object {
  const version = requireState(requireVersion(store, name), ['ENABLED', 'DISABLED'])
  const key = requireKey(store, name.replace(/\/cryptoKeyVersions\/.*/, ''))
  const destroyTime = timestampIn(key.destroyScheduledSeconds)
  return move(store, { ...version, state: 'DESTROY_SCHEDULED', destroyTime })
}

/** Takes back a destruction that is scheduled: the version is disabled then. */
export function restoreCryptoKeyVersion(store: KeyStore, { name }: { name: string }): object {
  const version = requireState(requireVersion(store, name), ['DESTROY_SCHEDULED'])
  return move(store, { ...version, state: 'DISABLED', destroyTime: undefined })
}

function requireState(version: KeyVersion, states: readonly VersionState[]): KeyVersion {
  if (states.includes(version.state)) return version
  throw failedPrecondition(
    `${version.name} has the state ${version.state}; this operation needs ${states.join(' or ')}.`,
  )
}

function move(store: KeyStore, version: KeyVersion): object {
  store.versions.set(version.name, version)
  return describeVersion(version)
}
