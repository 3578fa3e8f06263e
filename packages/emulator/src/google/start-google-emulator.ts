import { Server, ServerCredentials } from '@grpc/grpc-js'
import { googleServices } from './google-services.ts'
import { CallCounts } from './rpc/call-counts.ts'
import { controlService } from './rpc/control.ts'
import { Faults } from './rpc/faults.ts'
import { serve } from './rpc/serve.ts'
import type { Service } from './rpc/rpc-service.ts'
import { State } from './state/state.ts'

export type GoogleEmulatorOptions = {
  /** 0 or absent: any free port. */
  port?: number | undefined
  /** Where keys, topics, subscriptions and undelivered messages survive a restart; in memory when absent. */
  stateDirectory?: string | undefined
}

export type GoogleEmulator = {
  /** `127.0.0.1:port`, plaintext gRPC. */
  endpoint: string
  port: number
  /** Made with the state and kept with it. */
  deploymentId: string
  faults: Faults
  calls: CallCounts
  /** Drops every connection and closes the state; calling it again does nothing more. */
  stop: () => Promise<void>
}

/** Starts Cloud KMS and Pub/Sub on one plaintext port of this machine.
 *  Refuses a port that is taken and a state directory that another emulator uses. */
export async function startGoogleEmulator(options: GoogleEmulatorOptions = {}): Promise<GoogleEmulator> {
  const state = new State(options.stateDirectory)
  const services = googleServices(state)
  const faults = new Faults(services)
  const calls = new CallCounts()
  const { deploymentId } = state

  // Publish takes 10 MB in one request, more than gRPC's default of 4 MB.
  const server = new Server({ 'grpc.max_receive_message_length': 20 * 1024 * 1024 })
  const control = controlService({ deploymentId, faults, counts: calls })
  for (const service of [...services, control]) serve(server, service, { faults, counts: calls })
  const port = await listen(server, options.port ?? 0).catch((error: unknown) => {
    state.close()
    throw error
  })
  return {
    endpoint: `127.0.0.1:${port}`,
    port,
    deploymentId,
    faults,
    calls,
    stop: () => stop(server, services, state),
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
}

/** Connections are cut rather than drained: a streaming pull never ends by itself, and everything else is
 *  written before it is answered. */
async function stop(server: Server, services: readonly Service[], state: State): Promise<void> {
  server.forceShutdown()
  for (const service of services) service.close?.()
  state.close()
}
