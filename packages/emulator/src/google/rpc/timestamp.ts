/** `google.protobuf.Timestamp` as the wire format here has it. */
export type Timestamp = { seconds: string; nanos: number }

/** The time of this moment, to the millisecond. */
export function timestampNow(): Timestamp {
  return timestampIn(0)
}

/** The time so many seconds from now. */
export function timestampIn(seconds: number): Timestamp {
  const time = Date.now() + seconds * 1000
  return { seconds: String(Math.floor(time / 1000)), nanos: (time % 1000) * 1_000_000 }
}

/** Whether that time is over. */
export function hasPassed({ seconds, nanos }: Timestamp): boolean {
  return Number(seconds) * 1000 + nanos / 1_000_000 <= Date.now()
}
