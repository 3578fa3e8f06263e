import type { Challenge } from '../challenge/index.ts'
import type { Id } from '../kit/index.ts'
import type { EarlierRisk } from '../risk/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { personalOpener, sealPersonal, type SealedUserKey } from '../user/index.ts'
import type { Authenticated } from './authenticated.ts'

/** What stands in a challenge of a login until its second step. */
export interface LoginFacts {
  readonly amr: readonly string[]
  /** When the password was set that was given: milliseconds since the epoch. */
  readonly passwordOf: number | null
  readonly isNewDevice: boolean
  /** The registered device that was proved. */
  readonly onDevice: Id<'dev'> | null
  /** What the person calls their device, sealed under their key. */
  readonly device: string | null
  /** As it was found before the first step was answered with this. */
  readonly risk: EarlierRisk
}

type Deps = { readonly secrets: SecretRings }
type Owner = { readonly userId: string; readonly userKey: SealedUserKey | undefined }

const deviceContext = (userId: string) => `${userId}:challenge_device`

/** What a login's challenge keeps of it. */
export function factsOfLogin(
  { secrets }: Deps,
  { user, userKey, amr, passwordOf, isNewDevice, onDevice }: Authenticated,
  { device, risk }: { readonly device: string | undefined; readonly risk: EarlierRisk },
): LoginFacts {
  const sealed =
    device === undefined || userKey === undefined
      ? null
      : sealPersonal(
          secrets.of('data'),
          { userId: user.id, userKey },
          { values: { name: device }, context: deviceContext(user.id) },
        ).toString('base64url')
  return {
    amr,
    passwordOf: passwordOf?.getTime() ?? null,
    isNewDevice,
    onDevice: onDevice ?? null,
    device: sealed,
    risk,
  }
}

/** What was proved before a challenge, and when the password was set. */
export function loginOfChallenge({ facts }: Challenge) {
  const { amr, passwordOf, isNewDevice, onDevice, risk: earlier } = facts as unknown as LoginFacts
  const device = onDevice === null ? {} : { onDevice }
  return {
    amr,
    isNewDevice,
    ...device,
    earlier,
    passwordOf: passwordOf === null ? undefined : new Date(passwordOf),
  }
}

/** What the person calls the device of a challenge, if they named it. */
export function deviceOfChallenge(
  { secrets }: Deps,
  { facts }: Challenge,
  { userId, userKey }: Owner,
): string | undefined {
  const { device } = facts as unknown as LoginFacts
  if (device === null) return undefined
  const open = personalOpener(secrets.of('data'), { userId, userKey })
  return open(Buffer.from(device, 'base64url'), deviceContext(userId))?.['name']
}
