import type { IncomingHttpHeaders } from 'node:http'
import type { ObjectFiles } from './object-files.ts'

export type StorageRequest = {
  /** What the route's pattern captured, percent-decoded. */
  params: Record<string, string>
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
}

export type StorageResponse = {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export type Handler = (files: ObjectFiles, request: StorageRequest) => StorageResponse

export type Route = { method: string; path: RegExp; handle: Handler }

/** An answer of the JSON API; it is not to be cached. */
export function json(status: number, value: object): StorageResponse {
  const headers = { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'no-store' }
  return { status, headers, body: Buffer.from(JSON.stringify(value)) }
}

/** An answer without a body. */
export function empty(status: number, headers: Record<string, string> = {}): StorageResponse {
  return { status, headers, body: Buffer.alloc(0) }
}
