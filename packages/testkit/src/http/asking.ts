import { type IncomingHttpHeaders, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** An answer as it came: nothing is decoded, and no redirect is followed. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Asks a server for a path, exactly as it is written; only the headers that are given are sent, and Host. */
export type Ask = (path: string, headers?: Record<string, string>, method?: string) => Promise<Reply>

/** What asks a server that listens on this machine. */
export function asking(server: Server): Ask {
  return (path, headers = {}, method = 'GET') =>
    new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo
      const request = httpRequest({ port, host: '127.0.0.1', path, headers, method }, (response) => {
        const { statusCode: status = 0, headers } = response
        buffer(response).then((body) => resolve({ status, headers, body }), reject)
      })
      request.on('error', reject)
      request.end()
    })
}
