import { timingSafeEqual } from 'node:crypto'
import { invalidArgument } from '../rpc/status-error.ts'
import { checksumOf, type Int64Value, verifyChecksum } from './crc32c.ts'
import { type KeyStore, requireVersion } from './key-store.ts'
import { requireMac } from './usable-version.ts'

type MacSignRequest = { name: string; data: Buffer; dataCrc32c: Int64Value }
type MacVerifyRequest = MacSignRequest & { mac: Buffer; macCrc32c: Int64Value }

const maxDataBytes = 64 * 1024

/** The authentication code of some data. */
export function macSign(store: KeyStore, request: MacSignRequest): object {
  const { version, mac } = macOf(store, request)
  const verifiedDataCrc32c = verifyChecksum('data', request.data, request.dataCrc32c)
  const { name, protectionLevel } = version
  return { name, mac, macCrc32c: checksumOf(mac), verifiedDataCrc32c, protectionLevel }
}

/** Whether a code is that of some data: a wrong one is an answer and no refusal. */
export function macVerify(store: KeyStore, request: MacVerifyRequest): object {
  const { version, mac } = macOf(store, request)
  const verifiedDataCrc32c = verifyChecksum('data', request.data, request.dataCrc32c)
  const verifiedMacCrc32c = verifyChecksum('mac', request.mac, request.macCrc32c)
  const success = request.mac.length === mac.length && timingSafeEqual(request.mac, mac)
  const { name, protectionLevel } = version
  const verified = { verifiedDataCrc32c, verifiedMacCrc32c, verifiedSuccessIntegrity: success }
  return { name, success, ...verified, protectionLevel }
}

function macOf(store: KeyStore, { name, data }: MacSignRequest) {
  const version = requireVersion(store, name)
  const algorithm = requireMac(version)
  if (data.length > maxDataBytes) throw invalidArgument('data is larger than 64 KiB.')
  return { version, mac: algorithm.mac(version.material, data) }
}
