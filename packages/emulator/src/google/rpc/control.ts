import { Client, credentials, type ServiceDefinition } from '@grpc/grpc-js'
import type { CallCounts } from './call-counts.ts'
import type { Fault, Faults } from './faults.ts'
import type { Service } from './rpc-service.ts'
import { invalidArgument } from './status-error.ts'

/** The emulator's own service, for tests that run it as a process of its own. It speaks JSON, so it needs no
 *  proto file, and on the same port, so there is nothing else to find. */
export function controlService(emulator: {
  deploymentId: string
  faults: Faults
  counts: CallCounts
}): Service {
  return {
    name: 'Control',
    definition,
    unary: {
      Inject: (fault: Fault) => inject(emulator.faults, fault),
      Clear: ({ service }: { service?: string }) => clear(emulator.faults, service),
      Deployment: () => ({ deploymentId: emulator.deploymentId }),
      Calls: ({ service, method }: { service: string; method: string }) => ({
        calls: emulator.counts.of(service, method),
      }),
    },
    streaming: {},
  }
}

/** The switches of an emulator in another process. */
export class EmulatorControl {
  readonly #client: Client

  /** `endpoint` is the emulator's `host:port`. */
  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure())
  }

  /** Puts a fault in force; rejects for a service, method or code that does not exist. */
  async inject(fault: Fault): Promise<void> {
    await this.#call('Inject', fault)
  }

  /** Ends all faults, or those of one service. */
  async clear(service?: string): Promise<void> {
    await this.#call('Clear', { service })
  }

  async deploymentId(): Promise<string> {
    const { deploymentId } = (await this.#call('Deployment', {})) as { deploymentId: string }
    return deploymentId
  }

  /** How often a method was called since the emulator started. */
  async calls(service: string, method: string): Promise<number> {
    const { calls } = (await this.#call('Calls', { service, method })) as { calls: number }
    return calls
  }

  close(): void {
    this.#client.close()
  }

  #call(method: string, request: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path(method), toJson, fromJson, request, (error, value) =>
        error === null ? resolve(value) : reject(error),
      )
    })
  }
}

const definition: ServiceDefinition = Object.fromEntries(
  ['Inject', 'Clear', 'Deployment', 'Calls'].map((method) => [
    method,
    {
      path: path(method),
      requestStream: false,
      responseStream: false,
      requestSerialize: toJson,
      requestDeserialize: fromJson,
      responseSerialize: toJson,
      responseDeserialize: fromJson,
    },
  ]),
)

function inject(faults: Faults, fault: Fault): object {
  try {
    faults.inject(fault)
  } catch (error) {
    throw invalidArgument(error instanceof Error ? error.message : String(error))
  }
  return {}
}

function clear(faults: Faults, service: string | undefined): object {
  faults.clear(service)
  return {}
}

function path(method: string): string {
  return `/iam.emulator.Control/${method}`
}

function toJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function fromJson(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString())
}
