import { CloudKms } from './cloud-kms.ts'
import type { Kms } from './kms.ts'
import { LazyChannel } from './lazy-channel.ts'

export interface KmsOptions {
  /** `host:port` of an emulator, spoken to in plaintext and without credentials; Cloud KMS when absent. */
  readonly endpoint?: string | undefined
  /** Milliseconds for each attempt. */
  readonly deadlineMs?: number
  /** How many attempts a call has in all. */
  readonly attempts?: number
  /** Milliseconds. */
  readonly monotonic?: () => number
}

/** Opens Cloud KMS. It connects with the first call, so an outage fails the calls and not the opening. */
export async function openKms({
  endpoint,
  deadlineMs = 2_000,
  attempts = 3,
  monotonic = () => performance.now(),
}: KmsOptions = {}): Promise<Kms> {
  return new CloudKms({
    channel: new LazyChannel(endpoint),
    patience: { deadlineMs, attempts },
    monotonic,
  })
}
