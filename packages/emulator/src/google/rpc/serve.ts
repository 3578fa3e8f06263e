import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Server,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { CallCounts } from './call-counts.ts'
import { corrupted } from './corruption.ts'
import type { Fault, Faults } from './faults.ts'
import type { Service, StreamingMethod, UnaryMethod } from './rpc-service.ts'
import { StatusError } from './status-error.ts'

type Instruments = { faults: Faults; counts: CallCounts }
type Method = { service: string; method: string }

/** Puts a service on the server, with every method counted and open to faults. */
export function serve(server: Server, service: Service, instruments: Instruments): void {
  const handlers: UntypedServiceImplementation = {}
  for (const [method, answer] of Object.entries(service.unary)) {
    const endpoint = { service: service.name, method, answer }
    handlers[method] = (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
      void answerUnary(instruments, endpoint, call).then((value) => callback(null, value), callback)
    }
  }
  for (const [method, open] of Object.entries(service.streaming)) {
    const endpoint = { service: service.name, method, open }
    handlers[method] = (call: ServerDuplexStream<unknown, unknown>) =>
      void openStream(instruments, endpoint, call)
  }
  server.addService(service.definition, handlers)
}

async function answerUnary(
  { faults, counts }: Instruments,
  { service, method, answer }: Method & { answer: UnaryMethod },
  call: ServerUnaryCall<unknown, unknown>,
): Promise<unknown> {
  counts.add(service, method)
  const fault = faults.take(service, method)
  try {
    if (!fault?.afterEffect) await strike(fault)
    const value = await answer(call.request as never, call)
    if (fault?.afterEffect) await strike(fault)
    return spoilt(value as Record<string, unknown>, fault)
  } catch (error) {
    throw asStatus(error)
  }
}

async function openStream(
  { faults, counts }: Instruments,
  { service, method, open }: Method & { open: StreamingMethod },
  call: ServerDuplexStream<unknown, unknown>,
): Promise<void> {
  counts.add(service, method)
  const fault = faults.take(service, method)
  try {
    await strike(fault)
    open(call as ServerDuplexStream<never, unknown>)
  } catch (error) {
    call.emit('error', asStatus(error))
  }
}

function spoilt(answer: Readonly<Record<string, unknown>>, fault: Fault | undefined) {
  const sent = fault?.corrupt === undefined ? answer : corrupted(fault.corrupt, answer)
  return fault?.answer === undefined ? sent : { ...sent, ...fault.answer }
}

async function strike(fault: Fault | undefined): Promise<void> {
  if (fault?.latencyMs !== undefined) await sleep(fault.latencyMs)
  if (fault?.code !== undefined) throw new StatusError(fault.code, 'An injected fault.')
}

/** A mistake in the emulator itself: its stack goes to the caller, who is a developer. */
function asStatus(error: unknown): Error {
  if (error instanceof StatusError) return error
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return Object.assign(new Error(message), { code: status.INTERNAL })
}
