import type { Locale } from '@iam/domain/mail'
import type { ListedSession } from '@iam/domain/session'
import { dateLocales } from './date-locales.ts'
import type { Words } from './words/index.ts'

/** What a device says of itself, in words. */
export function deviceIn({ account }: Words, { program, system }: ListedSession['agent']): string {
  if (program !== null && system !== null) return account.device(program, system)
  return program ?? system ?? account.unknownDevice
}

/** A moment to the minute, in UTC. */
export function momentIn(locale: Locale, at: Date): string {
  const format = new Intl.DateTimeFormat(dateLocales[locale], {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
    numberingSystem: 'latn',
  })
  return format.format(at)
}
