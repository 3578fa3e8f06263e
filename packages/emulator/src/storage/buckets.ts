import { json, type StorageRequest, type StorageResponse } from './http.ts'
import type { ObjectFiles } from './object-files.ts'
import { invalid } from './storage-error.ts'

/** `POST /storage/v1/b` */
export function createBucket(files: ObjectFiles, { body }: StorageRequest): StorageResponse {
  const { name } = parseJson(body) as { name?: unknown }
  if (typeof name !== 'string') throw invalid('A bucket needs a name.')
  files.createBucket(name)
  return json(200, describe(name))
}

/** `GET /storage/v1/b/:bucket` */
export function getBucket(files: ObjectFiles, { params }: StorageRequest): StorageResponse {
  const { bucket = '' } = params
  files.bucket(bucket)
  return json(200, describe(bucket))
}

/** Refuses bytes that are no JSON object. */
export function parseJson(bytes: Buffer): object {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Refused below, like JSON that is no object.
  }
  throw invalid('The body must be a JSON object.')
}

function describe(name: string): object {
  return { kind: 'storage#bucket', id: name, name }
}
