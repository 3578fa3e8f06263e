import { addPasskey, confirmPasskey } from '@iam/domain/account'
import { SoftAuthenticator } from '../authenticator/index.ts'
import type { World } from './open-world.ts'

export interface Holding {
  readonly tenantId: `ten_${string}`
  readonly userId: `usr_${string}`
}

/** What a person asks for something to be done to their factors by, having just logged in by two factors. */
export function factorCallOf(world: World, { tenantId, userId }: Holding) {
  const authTime = Math.floor(world.clock().getTime() / 1000)
  const sessionId = `ses_${'0'.repeat(26)}` as const
  return {
    tenantId,
    userId,
    sessionId,
    login: { amr: ['hwk', 'user', 'mfa'], authTime },
    origin: world.origin,
  }
}

/** Adds a passkey to somebody's account. @param authenticator where it is to be. */
export async function holdPasskey(
  world: World,
  person: Holding,
  authenticator: SoftAuthenticator = new SoftAuthenticator(new URL(world.issuer).origin),
): Promise<{
  readonly authenticator: SoftAuthenticator
  readonly id: `mfa_${string}`
  readonly recoveryCodes: readonly string[] | undefined
}> {
  const call = factorCallOf(world, person)
  const { challenge, options } = await addPasskey(world, call)
  const registration = authenticator.create(options)
  return { authenticator, ...(await confirmPasskey(world, { ...call, challenge, registration })) }
}
