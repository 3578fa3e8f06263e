import type { ServerDuplexStream, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js'

/** Answers one call. The request has been decoded by the service's definition; each RPC names the type it
 *  expects. */
export type UnaryMethod = (request: never, call: ServerUnaryCall<unknown, unknown>) => unknown
export type StreamingMethod = (call: ServerDuplexStream<never, unknown>) => void

/** A gRPC service: its wire format and the methods the emulator answers. Others are answered
 *  UNIMPLEMENTED. */
export type Service = {
  /** Short name, as faults and call counts use it: `KeyManagementService`. */
  name: string
  definition: ServiceDefinition
  unary: Record<string, UnaryMethod>
  streaming: Record<string, StreamingMethod>
  /** Ends what runs by itself, such as timers. */
  close?(): void
}
