import { randomFillSync } from 'node:crypto'
import { ulid } from 'ulidx'

export type IdPrefix =
  | 'ten'
  | 'usr'
  | 'ses'
  | 'grt'
  | 'rft'
  | 'cli'
  | 'sgk'
  | 'aud'
  | 'evt'
  | 'req'
  | 'key'
  | 'otc'
  | 'mail'
  | 'cha'
  | 'mfa'
  | 'lgn'
  | 'mgl'
  | 'dev'
  | 'dsr'

/** `<prefix>_<ULID>`; the prefix is part of the type, so that ids of two nouns cannot be swapped. */
export type Id<P extends IdPrefix> = `${P}_${string}`

/** Random bytes are drawn a page at a time: one system call for each character would be 50 times slower. */
const pool = Buffer.alloc(4096)
let drawn = pool.length

function randomFraction(): number {
  if (drawn === pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  const byte = pool[drawn] ?? 0
  drawn += 1
  return byte / 256
}

/** A new id that sorts by `now` (to the millisecond) and ends in 80 random bits. */
export function newId<P extends IdPrefix>(prefix: P, now: Date): Id<P> {
  return `${prefix}_${ulid(now.getTime(), randomFraction)}`
}

/** The ULID of an id, without its prefix. */
export function ulidOf(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}

/** The id of another noun that shares this one's ULID: a grant and its refresh family, a tenant and its built-in client. */
export function withPrefix<P extends IdPrefix>(prefix: P, id: string): Id<P> {
  return `${prefix}_${ulidOf(id)}`
}
