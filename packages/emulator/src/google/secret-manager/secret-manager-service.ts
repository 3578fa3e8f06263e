import { loadDefinition } from '../rpc/load-definition.ts'
import type { Service } from '../rpc/rpc-service.ts'
import type { State } from '../state/state.ts'
import { openSecretStore } from './secret-store.ts'
import { createSecret, getSecret } from './secrets.ts'
import {
  accessSecretVersion,
  addSecretVersion,
  destroySecretVersion,
  getSecretVersion,
  switchSecretVersion,
} from './versions.ts'

/** Secret Manager v1, as far as the project uses it. */
export function secretManagerService(state: State): Service {
  const store = openSecretStore(state)
  const service = 'google.cloud.secretmanager.v1.SecretManagerService'
  return {
    name: 'SecretManagerService',
    definition: loadDefinition('@google-cloud/secret-manager', service),
    unary: {
      CreateSecret: (request) => createSecret(store, request),
      GetSecret: (request) => getSecret(store, request),
      AddSecretVersion: (request) => addSecretVersion(store, request),
      GetSecretVersion: (request) => getSecretVersion(store, request),
      AccessSecretVersion: (request) => accessSecretVersion(store, request),
      DisableSecretVersion: (request) => switchSecretVersion(store, request, 'DISABLED'),
      EnableSecretVersion: (request) => switchSecretVersion(store, request, 'ENABLED'),
      DestroySecretVersion: (request) => destroySecretVersion(store, request),
    },
    streaming: {},
  }
}
