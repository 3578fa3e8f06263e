import type { Executor } from '../db/index.ts'
import type { AskedFrom } from '../magic-link/index.ts'
import type { Locale } from '../mail/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { readSessionFacts, type Party, type Reuse } from '../session/index.ts'
import type { User } from '../user/index.ts'

/** What a mail about a session on a new device says of it, as far as it is known: device, place and time. */
export async function newDeviceFacts(
  deps: { readonly secrets: SecretRings },
  tx: Executor,
  { user, sessionId, locale }: { readonly user: User; readonly sessionId: string; readonly locale: Locale },
): Promise<Readonly<Record<string, string>>> {
  const { tenantId, id: userId } = user
  const facts = await readSessionFacts(deps, tx, { tenantId, userId, sessionId })
  if (facts === undefined) return {}
  return askedFromFacts(locale, { ...facts, place: facts.place ?? facts.network, at: facts.createdAt })
}

/** What a mail says of both parties of a reuse: a line each. */
export function reuseFacts(
  locale: Locale,
  { holder, presenter }: Reuse,
): Readonly<Record<'holder' | 'presenter', string>> {
  const line = (party: Party) =>
    Object.values(askedFromFacts(locale, { ...party, place: party.place ?? party.network })).join(' · ')
  return { holder: line(holder), presenter: line(presenter) }
}

/** What a mail says of a device: its program and system, place and time, as far as they are known. */
export function askedFromFacts(
  locale: Locale,
  { agent: { program, system }, place, at }: AskedFrom,
): Readonly<Record<string, string>> {
  const known = {
    device: program === null || system === null ? (program ?? system) : `${program} (${system})`,
    place,
    time: timeIn(locale, at),
  }
  return Object.fromEntries(
    Object.entries(known).filter((fact): fact is [string, string] => fact[1] !== null),
  )
}

function timeIn(locale: Locale, at: Date): string {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const
  return `${new Intl.DateTimeFormat(locale, format).format(at)} UTC`
}
