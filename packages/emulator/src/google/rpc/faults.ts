import { status } from '@grpc/grpc-js'
import { type Corruption, isCorruption } from './corruption.ts'
import type { Service } from './rpc-service.ts'
import type { StatusName } from './status-error.ts'

/** Something that goes wrong on purpose. */
export type Fault = {
  /** `KeyManagementService`, `Publisher`, `Subscriber`. */
  service: string
  /** As in the proto: `Encrypt`. All methods of the service when absent. */
  method?: string
  /** Milliseconds to wait: before anything else happens, or with `afterEffect` before the answer goes out. */
  latencyMs?: number
  /** The gRPC code to fail with. */
  code?: StatusName
  /** The call takes effect first, and only its answer is late, or lost where there is a `code`. */
  afterEffect?: boolean
  /** Fields to overwrite in the answer, to play a corrupted or misrouted one. */
  answer?: Record<string, unknown>
  /** What is wrong with the answer throughout. */
  corrupt?: Corruption
  /** How many calls it strikes; until cleared when absent. */
  calls?: number
}

/** The faults now in force. Of those that match a call the oldest strikes, so a sequence of them plays in
 *  order. */
export class Faults {
  readonly #services: readonly Service[]
  #active: (Fault & { left: number })[] = []

  constructor(services: readonly Service[]) {
    this.#services = services
  }

  /** Puts a fault in force. Refuses a service, method or code that does not exist: a misspelt fault would
   *  test nothing. */
  inject(fault: Fault): void {
    const service = this.#services.find(({ name }) => name === fault.service)
    if (service === undefined) throw new Error(`No service ${fault.service} to inject a fault into`)
    if (fault.method !== undefined && !(fault.method in { ...service.unary, ...service.streaming })) {
      throw new Error(`No method ${fault.service}.${fault.method} to inject a fault into`)
    }
    if (fault.code !== undefined && !(fault.code in status)) throw new Error(`No gRPC code ${fault.code}`)
    if (fault.corrupt !== undefined && !isCorruption(fault.corrupt)) {
      throw new Error(`No corruption ${String(fault.corrupt)}`)
    }
    this.#active.push({ ...fault, left: fault.calls ?? Number.POSITIVE_INFINITY })
  }

  /** Ends all faults, or those of one service. */
  clear(service?: string): void {
    this.#active = this.#active.filter((fault) => service !== undefined && fault.service !== service)
  }

  /** The fault that strikes this call, used up by one. */
  take(service: string, method: string): Fault | undefined {
    const fault = this.#active.find(
      (active) => active.service === service && (active.method ?? method) === method,
    )
    if (fault === undefined) return undefined
    fault.left -= 1
    if (fault.left <= 0) this.#active = this.#active.filter((active) => active !== fault)
    return fault
  }
}
