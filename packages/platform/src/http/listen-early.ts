import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { promisify } from 'node:util'
import { closingGracefully } from './closing-gracefully.ts'

/** A server that listens while what it serves is still being loaded. */
export interface EarlyServer {
  readonly server: Server
  /** Has requests answered from now on, and those that waited for it. */
  serve(listener: RequestListener): void
  /** Closes it gracefully. @param app closes what serves. */
  close(app: () => Promise<unknown>): Promise<void>
}

/**
 * Listens at once, so that a process is seen to live while it loads the rest of itself: `/health/live` is answered,
 * every other request waits for `serve`. Resolves when it listens; rejects when it cannot.
 */
export async function listenEarly(where: {
  readonly host: string
  readonly port: number
}): Promise<EarlyServer> {
  const waiting: [IncomingMessage, ServerResponse][] = []
  const server = createServer()
  const meanwhile: RequestListener = (request, response) => {
    if (request.method === 'GET' && request.url === '/health/live') sayAlive(response)
    else waiting.push([request, response])
  }
  server.on('request', meanwhile)
  let closeApp: () => Promise<unknown> = async () => undefined
  const closeServer = promisify(server.close.bind(server))
  const close = closingGracefully(server, async () => Promise.all([closeServer(), closeApp()]))
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(where, () => {
      server.off('error', failed)
      listening()
    })
  })
  return {
    server,
    serve: (listener) => {
      server.off('request', meanwhile)
      server.on('request', listener)
      for (const [request, response] of waiting.splice(0)) listener(request, response)
    },
    close: async (app) => {
      closeApp = app
      await close()
    },
  }
}

function sayAlive(response: ServerResponse): void {
  const body = '{"status":"ok"}'
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}
