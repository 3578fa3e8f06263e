import { empty, type StorageRequest, type StorageResponse } from './http.ts'
import type { ObjectFiles } from './object-files.ts'
import { mediaHeaders } from './objects.ts'

/** `GET /:bucket/:object`: the plain read that browsers, caches and iam-jwks make. Every bucket here is
 *  public. */
export function readPublicly(files: ObjectFiles, { params, headers }: StorageRequest): StorageResponse {
  const { bucket = '', object: name = '' } = params
  const object = files.find(bucket, name)
  if (object === undefined) return noSuchKey()
  const answer = mediaHeaders(object)
  if (matches(headers['if-none-match'], answer['etag'] ?? '')) return empty(304, answer)
  return { status: 200, headers: answer, body: files.read(object) }
}

/** RFC 9110 13.1.2: any of the listed tags, compared weakly, or `*`. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}

/** Plain reads are answered in XML by the real service, unlike those of the JSON API. */
function noSuchKey(): StorageResponse {
  const body = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>NoSuchKey</Code></Error>"
  const headers = { 'content-type': 'application/xml; charset=UTF-8', 'cache-control': 'private, max-age=0' }
  return { status: 404, headers, body: Buffer.from(body) }
}
