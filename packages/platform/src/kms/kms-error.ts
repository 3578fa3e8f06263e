/** The gRPC codes this adapter speaks of (grpc.github.io/grpc/core/md_doc_statuscodes). */
export const grpcCode = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
} as const

const retriableCodes: readonly number[] = [
  grpcCode.deadlineExceeded,
  grpcCode.resourceExhausted,
  grpcCode.aborted,
  grpcCode.internal,
  grpcCode.unavailable,
  grpcCode.dataLoss,
]

/** A call to KMS that failed for good, after the retries that were worth making. */
export class KmsError extends Error {
  override readonly name = 'KmsError'
  /** The gRPC code; DATA_LOSS when an answer did not pass the checks of its integrity. */
  readonly code: number

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** The name of the code, as counts have it. */
  get outcome(): string {
    const name = Object.entries(grpcCode).find(([, code]) => code === this.code)?.[0]
    return name?.replace(/[A-Z]/g, '_$&').toUpperCase() ?? `CODE_${this.code}`
  }

  /** Whether there may have been too many calls. */
  get isQuotaUsedUp(): boolean {
    return this.code === grpcCode.resourceExhausted
  }

  /** Whether the same call may well succeed later. */
  get retriable(): boolean {
    return retriableCodes.includes(this.code)
  }
}

/** For an answer that was changed on its way, or is the answer to something else. */
export function damaged(what: string): KmsError {
  return new KmsError(grpcCode.dataLoss, `KMS: ${what}`)
}
