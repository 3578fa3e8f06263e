import { keyManagementService } from './kms/key-management-service.ts'
import { pubSubServices } from './pubsub/pubsub-services.ts'
import { secretManagerService } from './secret-manager/secret-manager-service.ts'
import type { Service } from './rpc/rpc-service.ts'
import type { State } from './state/state.ts'

/** Everything the emulator speaks. A new Google service is a folder beside kms/ and a line here. */
export function googleServices(state: State): Service[] {
  return [keyManagementService(state), secretManagerService(state), ...pubSubServices(state)]
}
