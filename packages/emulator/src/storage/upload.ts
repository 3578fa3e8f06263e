import { parseJson } from './buckets.ts'
import { json, type StorageRequest, type StorageResponse } from './http.ts'
import { splitMultipart } from './multipart.ts'
import type { ObjectFiles } from './object-files.ts'
import { describeObject } from './objects.ts'
import { crc32cBase64, md5Base64 } from './checksums.ts'
import { requirePreconditions } from './preconditions.ts'
import { invalid, notEmulated } from './storage-error.ts'

/** What the client says of an object in the JSON part of its upload. */
type Resource = {
  name?: string
  contentType?: string
  cacheControl?: string
  contentEncoding?: string
  metadata?: Record<string, string>
  crc32c?: string
  md5Hash?: string
}

type Upload = { resource: Resource; contentType: string | undefined; body: Buffer }

/** `POST /upload/storage/v1/b/:bucket/o`, with `uploadType=media` or `multipart`. Refuses a wrong checksum
 *  before anything is stored. */
export function uploadObject(files: ObjectFiles, request: StorageRequest): StorageResponse {
  const { resource, contentType, body } = readUpload(request)
  const bucket = request.params['bucket'] ?? ''
  const name = request.query.get('name') ?? resource.name ?? ''
  if (resource.contentEncoding !== undefined) throw notEmulated('stored content encodings')
  requirePreconditions(request.query, files.find(bucket, name))
  const object = {
    bucket,
    name,
    contentType: resource.contentType ?? contentType ?? 'application/octet-stream',
    cacheControl: resource.cacheControl,
    metadata: resource.metadata ?? {},
  }
  requireChecksum('crc32c', resource.crc32c, crc32cBase64(body))
  requireChecksum('md5Hash', resource.md5Hash, md5Base64(body))
  return json(200, describeObject(files.write(object, body)))
}

function readUpload({ query, headers, body }: StorageRequest): Upload {
  const contentType = headers['content-type']
  const uploadType = query.get('uploadType')
  if (uploadType === 'media') return { resource: {}, contentType, body }
  if (uploadType !== 'multipart')
    throw notEmulated(`uploadType=${uploadType}: pass resumable: false to the client`)
  const [resource, media, ...rest] = splitMultipart(contentType ?? '', body)
  if (resource === undefined || media === undefined || rest.length > 0)
    throw invalid('An upload has two parts.')
  return { resource: parseJson(resource.body), contentType: media.contentType, body: media.body }
}

function requireChecksum(field: string, given: string | undefined, computed: string): void {
  if (given !== undefined && given !== computed) {
    throw invalid(`The ${field} of the upload is ${computed}, not ${given}.`)
  }
}
