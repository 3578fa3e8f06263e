import { createBucket, getBucket } from './buckets.ts'
import type { Route } from './http.ts'
import { deleteObject, getObject, listObjects } from './objects.ts'
import { readPublicly } from './public-read.ts'
import { uploadObject } from './upload.ts'

/** Everything the storage emulator answers; the first route that fits does. */
export const routes: readonly Route[] = [
  { method: 'POST', path: /^\/storage\/v1\/b$/, handle: createBucket },
  { method: 'GET', path: /^\/storage\/v1\/b\/(?<bucket>[^/]+)$/, handle: getBucket },
  { method: 'GET', path: /^\/storage\/v1\/b\/(?<bucket>[^/]+)\/o$/, handle: listObjects },
  { method: 'GET', path: /^\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/(?<object>[^/]+)$/, handle: getObject },
  {
    method: 'DELETE',
    path: /^\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/(?<object>[^/]+)$/,
    handle: deleteObject,
  },
  { method: 'POST', path: /^\/upload\/storage\/v1\/b\/(?<bucket>[^/]+)\/o$/, handle: uploadObject },
  { method: 'GET', path: /^\/(?!storage\/|upload\/)(?<bucket>[^/]+)\/(?<object>.+)$/, handle: readPublicly },
]
