import { isSecretPurpose, lifeOf, secretPurposes, type SecretPurpose } from './secret-purposes.ts'

/** How often a deployment rotates its secrets, in seconds, or not by the clock; the others go by their default. */
export type SecretRotation = { readonly [K in SecretPurpose]?: number | 'off' }

/** How old a version of a secret gets before the next one takes over, in seconds. None: it stays. */
export function rotateEvery(purpose: SecretPurpose, rotation: SecretRotation): number | undefined {
  const set = rotation[purpose] ?? lifeOf(purpose).rotateEvery
  return set === 'off' ? undefined : set
}

/** Versions of one secret that instances hold at once, and that a token can tell apart, with room to spare. */
const mostAtOnce = 100

/** A token names its tag's version in one byte. */
export const lastVersion: { readonly [K in SecretPurpose]?: number } = { 'token-tag': 255 }
const leastForTags = 30 * 86_400

/** A deployment's choice as it was read, and what is wrong with it. */
export interface ReadRotation {
  readonly rotation: SecretRotation
  readonly fault: string | undefined
}

/**
 * Reads a deployment's choice: `pepper=31536000,refresh-box=43200,data=off`.
 * @param lead seconds in which a version is made known.
 */
export function readSecretRotation(text: string, lead: number): ReadRotation {
  const parts = text.split(',').filter((part) => part !== '')
  const pairs = parts.map((part) => part.split('=', 2) as [string, string?])
  const names = pairs.map(([name]) => name)
  const faults = pairs.map(([name, every]) => faultOf(name, every, lead))
  if (new Set(names).size < names.length) faults.push('must name each secret once')
  const rotation = pairs.map(([name, every]) => [name, every === 'off' ? every : Number(every)])
  return { rotation: Object.fromEntries(rotation) as SecretRotation, fault: faults.find(Boolean) }
}

function faultOf(name: string, every: string | undefined, lead: number): string | undefined {
  if (!isSecretPurpose(name)) return `must name one of ${Object.keys(secretPurposes).join(', ')}`
  const least = leastFor(name, lead)
  if (every === 'off' || (every !== undefined && /^\d{1,10}$/.test(every) && Number(every) >= least))
    return undefined
  return `must give ${name} a number of seconds, at least ${least}, or off`
}

/** So that a version is known everywhere before the next one is made, and not too many are held at once. */
function leastFor(purpose: SecretPurpose, lead: number): number {
  const known = Math.max(2 * lead, Math.ceil(lifeOf(purpose).keepFor / mostAtOnce))
  return purpose === 'token-tag' ? Math.max(known, leastForTags) : known
}
