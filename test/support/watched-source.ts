import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An object of the store under an address of its own, which knows when it was read. */
export interface WatchedSource {
  readonly url: string
  /** Waits until its one reader has read what is stored now, and has done with it. */
  wasRead(): Promise<void>
  close(): void
}

/** Stands in front of an object of the store. Where the store is away, so is this. */
export async function watchSource(object: string): Promise<WatchedSource> {
  const server = createServer((_request, response) => {
    void fetch(object)
      .then(async (answer) => {
        const body = Buffer.from(await answer.arrayBuffer())
        response.writeHead(answer.status).end(body)
      })
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    // The next read gets what is stored now; when the one after it begins, the reader has done with that.
    wasRead: async () => {
      await once(server, 'request')
      await once(server, 'request')
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
