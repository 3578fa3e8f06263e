import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { CaughtMail, Mailbox } from './mailbox.ts'
import { listPage, mailPage } from './pages.ts'

/**
 * A web server for reading the mailbox: GET / and /messages/:id are pages; GET /messages?to=… and, where JSON is
 * asked for, /messages/:id are for programs; /messages/:id/html is the message as a mail program would
 * show it; DELETE /messages empties the mailbox.
 */
export function mailServer(mailbox: Mailbox): Server {
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const route = `${request.method} ${pathname}`
    if (route === 'GET /') sendHtml(response, listPage(mailbox.list()))
    else if (route === 'GET /health/ready') sendJson(response, { status: 'ok' })
    else if (route === 'GET /messages') sendJson(response, mailbox.list(searchParams.get('to') ?? undefined))
    else if (route === 'DELETE /messages') empty(mailbox, response)
    else sendMessage(mailbox, request, response)
  })
}

function empty(mailbox: Mailbox, response: ServerResponse): void {
  mailbox.clear()
  response.writeHead(204).end()
}

function sendMessage(mailbox: Mailbox, request: IncomingMessage, response: ServerResponse): void {
  const [, id, form] = /^\/messages\/([0-9a-f]+)(\/html)?$/.exec(request.url ?? '') ?? []
  const mail = request.method === 'GET' && id !== undefined ? mailbox.find(id) : undefined
  if (mail === undefined) sendJson(response, { title: 'Not found', status: 404 }, 404)
  else if (form !== undefined) sendMailHtml(response, mail)
  else if (request.headers.accept?.includes('text/html')) sendHtml(response, mailPage(mail))
  else sendJson(response, mail)
}

function sendJson(response: ServerResponse, content: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(content))
}

function sendHtml(response: ServerResponse, page: string): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'",
  })
  response.end(page)
}

/** A message is somebody else's HTML: it may neither run anything nor load anything nor act as this origin. */
function sendMailHtml(response: ServerResponse, { html, text }: CaughtMail): void {
  response.writeHead(200, {
    'content-type': html === undefined ? 'text/plain; charset=utf-8' : 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    'x-content-type-options': 'nosniff',
  })
  response.end(html ?? text ?? '')
}
