/** What a request or a job is refused with: the HTTP status and BigQuery's reason. */
export class BigQueryError extends Error {
  override readonly name = 'BigQueryError'
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/** For a dataset, table or job there is none of. */
export function notFound(what: string): BigQueryError {
  return new BigQueryError(404, 'notFound', `Not found: ${what}`)
}

/** For a request that is wrong, or that the real service takes and the emulator does not understand. */
export function invalid(message: string): BigQueryError {
  return new BigQueryError(400, 'invalid', message)
}
