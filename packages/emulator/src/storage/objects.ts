import { empty, json, type StorageRequest, type StorageResponse } from './http.ts'
import type { ObjectFiles, StoredObject } from './object-files.ts'
import { requirePreconditions } from './preconditions.ts'
import { invalid, notEmulated, notFound } from './storage-error.ts'

/** `GET /storage/v1/b/:bucket/o/:object`: what is known of an object or, with `alt=media`, its bytes. */
export function getObject(files: ObjectFiles, request: StorageRequest): StorageResponse {
  const object = findObject(files, request)
  requirePreconditions(request.query, object)
  if (request.query.get('alt') !== 'media') return json(200, describeObject(object))
  return { status: 200, headers: mediaHeaders(object), body: files.read(object) }
}

/** `DELETE /storage/v1/b/:bucket/o/:object` */
export function deleteObject(files: ObjectFiles, request: StorageRequest): StorageResponse {
  const object = findObject(files, request)
  requirePreconditions(request.query, object)
  files.delete(object)
  return empty(204)
}

/** `GET /storage/v1/b/:bucket/o`: objects in the order of their names, a page at a time. */
export function listObjects(files: ObjectFiles, { params, query }: StorageRequest): StorageResponse {
  if (query.has('delimiter')) throw notEmulated('delimiter')
  const prefix = query.get('prefix') ?? ''
  const after = query.get('pageToken') ?? ''
  const most = Number(query.get('maxResults') ?? 1000)
  if (!(most > 0)) throw invalid('maxResults must be positive.')
  const names = [...files.bucket(params['bucket'] ?? '').keys()]
    .filter((name) => name.startsWith(prefix) && name > after)
    .sort(byCodeUnits)
  const items = names
    .slice(0, most)
    .map((name) => describeObject(findIn(files, params['bucket'] ?? '', name)))
  const nextPageToken = names.length > most ? names[most - 1] : undefined
  return json(200, { kind: 'storage#objects', items, nextPageToken })
}

/** An object as the JSON API shows it; its numbers are texts. */
export function describeObject(object: StoredObject): object {
  const { bucket, name, generation, size, updated, ...rest } = object
  return {
    ...rest,
    kind: 'storage#object',
    id: `${bucket}/${name}/${generation}`,
    bucket,
    name,
    generation: String(generation),
    metageneration: '1',
    size: String(size),
    etag: `${generation}/1`,
    storageClass: 'STANDARD',
    timeCreated: updated,
    updated,
  }
}

/** The headers that come with an object's bytes, whichever way they are read. */
export function mediaHeaders(object: StoredObject): Record<string, string> {
  return {
    'content-type': object.contentType,
    // What the real service sends for a public object that was stored without one.
    'cache-control': object.cacheControl ?? 'public, max-age=3600',
    etag: `"${Buffer.from(object.md5Hash, 'base64').toString('hex')}"`,
    'last-modified': new Date(object.updated).toUTCString(),
    'x-goog-generation': String(object.generation),
    'x-goog-metageneration': '1',
    'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'x-goog-stored-content-encoding': 'identity',
    'x-goog-stored-content-length': String(object.size),
  }
}

function findObject(files: ObjectFiles, { params, query }: StorageRequest): StoredObject {
  const object = findIn(files, params['bucket'] ?? '', params['object'] ?? '')
  const wanted = query.get('generation')
  // Versioning is off, so of an object there is one generation.
  if (wanted !== null && Number(wanted) !== object.generation)
    throw notFound(`object: ${object.name}#${wanted}`)
  return object
}

function findIn(files: ObjectFiles, bucket: string, name: string): StoredObject {
  const object = files.find(bucket, name)
  if (object === undefined) throw notFound(`object: ${bucket}/${name}`)
  return object
}

function byCodeUnits(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
