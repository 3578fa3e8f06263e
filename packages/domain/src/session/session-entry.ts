import type { Id } from '../kit/index.ts'

/** What a session check answers from: the session of one grant, as the database had it at `asOf`. */
export interface SessionEntry {
  readonly sessionId: Id<'ses'>
  readonly userId: Id<'usr'>
  readonly email: string
  readonly amr: readonly string[]
  readonly acr: string
  /** Seconds since the epoch. */
  readonly authTime: number
  /** Milliseconds since the epoch, as the two below. */
  readonly expiresAt: number
  /** The database's clock before the snapshot in which the session was seen to stand. */
  readonly asOf: number
}

/** The entry that a text from the cache spells; undefined for any other text, cut short or of another release. */
export function readSessionEntry(text: string): SessionEntry | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return isSessionEntry(read) ? read : undefined
  } catch {
    return undefined
  }
}

function isSessionEntry(read: unknown): read is SessionEntry {
  if (typeof read !== 'object' || read === null) return false
  const { sessionId, userId, email, amr, acr, authTime, expiresAt, asOf } = read as Partial<SessionEntry>
  return (
    [sessionId, userId, email, acr].every((member) => typeof member === 'string') &&
    [authTime, expiresAt, asOf].every((member) => typeof member === 'number') &&
    Array.isArray(amr)
  )
}
