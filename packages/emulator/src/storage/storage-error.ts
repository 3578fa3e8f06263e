/** What a request is refused with: the HTTP status and the reason the JSON API gives in its `errors` list. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/** For a bucket, object or route there is none of. */
export function notFound(what: string): StorageError {
  return new StorageError(404, 'notFound', `No such ${what}`)
}

/** For a request that would be wrong whatever is stored. */
export function invalid(message: string): StorageError {
  return new StorageError(400, 'invalid', message)
}

/** For what the real service does and the emulator does not: better refused than silently ignored. */
export function notEmulated(what: string): StorageError {
  return new StorageError(501, 'notImplemented', `The emulator does not support ${what}.`)
}
