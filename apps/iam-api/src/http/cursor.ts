import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { Deps } from '../deps.ts'
import { TransportRefusal } from './problem.ts'

type Keys = Pick<Deps, 'secrets' | 'clock'>

/** A list by everything that decides what is in it: a cursor goes on with the list it came from, and no other. */
export type ListName = readonly (string | undefined)[]

/** Where the next page begins, for the caller to send back as it is. */
export function spellCursor({ secrets, clock }: Keys, list: ListName, last: string): string {
  return `${last}.${tagOf(secrets.of('fingerprint').current(clock()).key, list, last)}`
}

/**
 * The last item of the page before; undefined for the first page.
 * @throws TransportRefusal `invalid_request` for a cursor that was not made here for this list.
 */
export function readCursor({ secrets }: Keys, list: ListName, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const [last = '', given = ''] = text.split('.')
  const keys = secrets.of('fingerprint').all()
  if (keys.some(({ key }) => same(tagOf(key, list, last), given))) return last
  throw new TransportRefusal('invalid_request', 'The cursor is not one of this list.')
}

function tagOf(key: KeyObject, list: ListName, last: string): string {
  const named = JSON.stringify(['cursor', ...list.map((part) => part ?? null), last])
  return createHmac('sha256', key).update(named).digest().toString('base64url', 0, 16)
}

function same(right: string, given: string): boolean {
  const [a, b] = [Buffer.from(right), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
