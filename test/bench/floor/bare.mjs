// Bare node:http with one document made ahead: the floor of iam-jwks, and of every start. Plain JavaScript, like
// the other file that starts are compared with: what a start spends on taking types out is no part of a floor.
//
//   PORT, BARE_DOCUMENT (a file; its body and headers are what iam-jwks serves), or none for a start alone
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const file = process.env['BARE_DOCUMENT']
const body = file === undefined ? Buffer.from('{"keys":[]}') : readFileSync(file)
const etag = '"bench"'
const caching = { etag, 'cache-control': 'public, max-age=300' }
const headers = { 'content-type': 'application/json', 'content-length': body.length, ...caching }

createServer((request, response) => {
  if (request.url === '/health/live') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}')
  } else if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, caching).end()
  } else {
    response.writeHead(200, headers).end(body)
  }
}).listen(Number(process.env['PORT']), '127.0.0.1')
