import { status } from '@grpc/grpc-js'

export type StatusName = keyof typeof status

/** What an RPC throws to be answered with a gRPC code; anything else becomes INTERNAL. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly code: status

  constructor(code: StatusName, message: string) {
    super(message)
    this.code = status[code]
  }
}

/** For a well-formed name of nothing. */
export function notFound(name: string): StatusError {
  return new StatusError('NOT_FOUND', `Resource not found (resource=${name}).`)
}

/** For a name that is taken. */
export function alreadyExists(name: string): StatusError {
  return new StatusError('ALREADY_EXISTS', `Resource already exists in the project (resource=${name}).`)
}

/** For a request that would be wrong whatever the state. */
export function invalidArgument(message: string): StatusError {
  return new StatusError('INVALID_ARGUMENT', message)
}

/** For a request that the present state forbids. */
export function failedPrecondition(message: string): StatusError {
  return new StatusError('FAILED_PRECONDITION', message)
}

/** For what the real service does and the emulator does not: better refused than silently ignored. */
export function notEmulated(what: string): StatusError {
  return new StatusError('UNIMPLEMENTED', `The emulator does not support ${what}.`)
}
