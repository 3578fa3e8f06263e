import type { Kms } from './kms.ts'
import { CloudKms } from './cloud-kms.ts'

export interface KmsOptions {
  /** `host:port` of an emulator, spoken to in plaintext and without credentials; Cloud KMS when absent. */
  readonly endpoint?: string | undefined
  /** Milliseconds for each attempt. */
  readonly deadlineMs?: number
  /** How many attempts a call has in all. */
  readonly attempts?: number
}

/** Opens Cloud KMS and begins to connect; it does not wait for the connection, so an outage fails the calls
 *  and not the opening. */
export async function openKms({ endpoint, deadlineMs = 2_000, attempts = 3 }: KmsOptions = {}): Promise<Kms> {
  // gRPC takes a tenth of a second and tens of megabytes to load: only who opens KMS pays for it.
  const { openChannel } = await import('./kms-channel.ts')
  return new CloudKms(await openChannel(endpoint), { deadlineMs, attempts })
}
