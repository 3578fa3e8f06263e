import { loadDefinition } from '../rpc/load-definition.ts'
import type { Service } from '../rpc/rpc-service.ts'
import type { State } from '../state/state.ts'
import { asymmetricSign } from './asymmetric-sign.ts'
import { createCryptoKeyVersion, getCryptoKeyVersion, listCryptoKeyVersions } from './crypto-key-versions.ts'
import {
  createCryptoKey,
  getCryptoKey,
  listCryptoKeys,
  updateCryptoKeyPrimaryVersion,
} from './crypto-keys.ts'
import { decrypt } from './decrypt.ts'
import { encrypt } from './encrypt.ts'
import { createKeyRing, getKeyRing, listKeyRings } from './key-rings.ts'
import { openKeyStore } from './key-store.ts'
import { macSign, macVerify } from './mac.ts'
import { getPublicKey } from './public-keys.ts'
import { destroyCryptoKeyVersion, restoreCryptoKeyVersion, updateCryptoKeyVersion } from './version-states.ts'

/** Cloud KMS v1, as far as the project uses it. */
export function keyManagementService(state: State): Service {
  const store = openKeyStore(state)
  return {
    name: 'KeyManagementService',
    definition: loadDefinition('@google-cloud/kms', 'google.cloud.kms.v1.KeyManagementService'),
    unary: {
      CreateKeyRing: (request) => createKeyRing(store, request),
      GetKeyRing: (request) => getKeyRing(store, request),
      ListKeyRings: (request) => listKeyRings(store, request),
      CreateCryptoKey: (request) => createCryptoKey(store, request),
      GetCryptoKey: (request) => getCryptoKey(store, request),
      ListCryptoKeys: (request) => listCryptoKeys(store, request),
      UpdateCryptoKeyPrimaryVersion: (request) => updateCryptoKeyPrimaryVersion(store, request),
      CreateCryptoKeyVersion: (request) => createCryptoKeyVersion(store, request),
      GetCryptoKeyVersion: (request) => getCryptoKeyVersion(store, request),
      ListCryptoKeyVersions: (request) => listCryptoKeyVersions(store, request),
      UpdateCryptoKeyVersion: (request) => updateCryptoKeyVersion(store, request),
      DestroyCryptoKeyVersion: (request) => destroyCryptoKeyVersion(store, request),
      RestoreCryptoKeyVersion: (request) => restoreCryptoKeyVersion(store, request),
      GetPublicKey: (request) => getPublicKey(store, request),
      Encrypt: (request) => encrypt(store, request),
      Decrypt: (request) => decrypt(store, request),
      AsymmetricSign: (request) => asymmetricSign(store, request),
      MacSign: (request) => macSign(store, request),
      MacVerify: (request) => macVerify(store, request),
    },
    streaming: {},
  }
}
