import { betterAuth } from './better-auth.ts'
import { fixed } from './fixed.ts'
import { floor, floorRecorded } from './floor.ts'
import { iamPasskey } from './iam-passkey.ts'
import { iamTotp } from './iam-totp.ts'
import { oidcProvider } from './oidc-provider.ts'
import type { Profile } from './profile.ts'

const profiles = {
  floor,
  'floor, recorded': floorRecorded,
  fixed,
  'better-auth': betterAuth,
  'oidc-provider': oidcProvider,
  'iam-passkey': iamPasskey,
  'iam-totp': iamTotp,
}

export type ProfileName = keyof typeof profiles | 'iam'

/** The profile of that name. Ours is loaded when it is asked for, because it reads the state of a running stack. */
export async function profileOf(name: ProfileName): Promise<Profile> {
  if (name !== 'iam') return profiles[name]
  const { default: iam } = (await import(new URL('iam.mjs', import.meta.url).href)) as { default: Profile }
  return iam
}
