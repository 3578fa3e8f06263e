/** A breach as the service lists it (API v3, the breach model): what of it is used here. */
export interface KnownBreach {
  /** Stable, in ASCII. */
  readonly name: string
  /** The day when it happened, as far as that is known. */
  readonly breachedOn: string
  /** When the service began to know it. */
  readonly addedAt: Date
  readonly hasPasswords: boolean
  /** Whether people are to be told: it is verified, is no spam list, and that somebody is in it harms nobody. */
  readonly isTold: boolean
}

const names = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const day = /^\d{4}-\d{2}-\d{2}$/

/** @throws when it is no breach. */
export function readBreach(value: unknown): KnownBreach {
  const breach = (value ?? {}) as Record<string, unknown>
  const { Name, BreachDate, AddedDate, DataClasses } = breach
  const addedAt = new Date(String(AddedDate))
  const isBreach = names.test(String(Name)) && day.test(String(BreachDate)) && Array.isArray(DataClasses)
  if (!isBreach || Number.isNaN(addedAt.getTime())) throw new Error('There is no breach in it.')
  const is = (flag: string) => breach[flag] === true
  return {
    name: String(Name),
    breachedOn: String(BreachDate),
    addedAt,
    hasPasswords: DataClasses.includes('Passwords'),
    isTold:
      is('IsVerified') && !(is('IsFabricated') || is('IsRetired') || is('IsSpamList') || is('IsSensitive')),
  }
}

/** The names that a search for one address found. @throws when it is no such answer. */
export function readNames(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error('There is no list in it.')
  return value.map((entry: unknown) => requireName((entry as { Name?: unknown } | null)?.Name))
}

/** The names of one address in what a search for the beginning of its hash found. @throws when it is no such answer. */
export function readRange(value: unknown, suffix: string): string[] {
  if (!Array.isArray(value)) throw new Error('There is no list in it.')
  const entries = value.map((entry: unknown) => {
    const { hashSuffix, websites } = (entry ?? {}) as { hashSuffix?: unknown; websites?: unknown }
    if (!/^[0-9A-F]{34}$/i.test(String(hashSuffix)) || !Array.isArray(websites))
      throw new Error('There is no range in it.')
    return { hashSuffix: String(hashSuffix).toUpperCase(), websites }
  })
  return (entries.find(({ hashSuffix }) => hashSuffix === suffix)?.websites ?? []).map(requireName)
}

function requireName(value: unknown): string {
  if (typeof value !== 'string' || !names.test(value)) throw new Error('There is no breach’s name in it.')
  return value
}
