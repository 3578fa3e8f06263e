import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as untilRead, setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds in which connections are still taken, and every answer asks its client to use that one no more. */
const farewell = 200
/** Milliseconds from one look for idle connections to the next. */
const sweep = 50
/** Milliseconds after which a client that does not come to an end is cut off. */
const patience = 7_000

/**
 * Follows a server that does not listen yet, so that it can be closed without failing a request: clients under
 * load are first asked to leave with the answers they get, then nothing new is taken, what is under way is
 * answered, and connections that are idle, or become so, or never carried a request are closed.
 * @param close closes the server: its own way of doing so, or that of the framework around it.
 * @returns what closes it gracefully.
 */
export function closingGracefully(server: Server, close: () => Promise<unknown>): () => Promise<void> {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return async () => {
    server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
    await sleep(farewell)
    // Timers run before what has arrived is read: after a stall, a connection with a request in it looks idle.
    await untilRead()
    const sweeping = setInterval(() => void untilRead().then(() => closeUnused(server, open)), sweep)
    const cutting = setTimeout(() => server.closeAllConnections(), patience)
    await close().finally(() => {
      clearInterval(sweeping)
      clearTimeout(cutting)
    })
  }
}

/** Node does not count a connection as idle that has never carried a request, such as a browser's spare one. */
function closeUnused(server: Server, open: Iterable<Socket>): void {
  server.closeIdleConnections()
  for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
}
