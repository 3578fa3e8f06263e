/** `google.protobuf.Timestamp` as the wire format here has it. */
export type Timestamp = { seconds: string; nanos: number }

/** The time of this moment, to the millisecond. */
export function timestampNow(): Timestamp {
  const now = Date.now()
  return { seconds: String(Math.floor(now / 1000)), nanos: (now % 1000) * 1_000_000 }
}
