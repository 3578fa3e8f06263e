// Stands in for a collector of OpenTelemetry: takes everything and keeps nothing.
//
//   PORT
import { createServer } from 'node:http'

createServer((request, response) => {
  request.resume()
  request.once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
}).listen(Number(process.env['PORT']), '127.0.0.1')
