import { page } from '../rpc/page.ts'
import { alreadyExists } from '../rpc/status-error.ts'
import { timestampNow } from '../rpc/timestamp.ts'
import { type KeyRing, type KeyStore, requireId, requireRing, requireShape } from './key-store.ts'
import { type ListRequest, refuseFilters } from './list-request.ts'

type CreateKeyRingRequest = { parent: string; keyRingId: string }

/** Makes an empty ring in a location. Refuses a bad id and one that is taken. */
export function createKeyRing(store: KeyStore, { parent, keyRingId }: CreateKeyRingRequest): KeyRing {
  requireShape('location', parent)
  requireId(keyRingId)
  const name = `${parent}/keyRings/${keyRingId}`
  if (store.rings.has(name)) throw alreadyExists(name)
  const ring = { name, createTime: timestampNow() }
  store.rings.set(name, ring)
  return ring
}

/** What is known of a ring. Refuses a name there is none of. */
export function getKeyRing(store: KeyStore, { name }: { name: string }): KeyRing {
  return requireRing(store, name)
}

/** The rings of a location in the order they were made, a page at a time. */
export function listKeyRings(store: KeyStore, request: ListRequest): object {
  refuseFilters(request)
  requireShape('location', request.parent)
  const rings = [...store.rings.values()].filter(({ name }) => name.startsWith(`${request.parent}/keyRings/`))
  const { items, nextPageToken } = page(rings, request)
  return { keyRings: items, nextPageToken, totalSize: rings.length }
}
