// Stands in for one of our processes in the stack's own test: it is ready at once and shows its environment.
import { createServer } from 'node:http'
import { environment } from './environment.ts'

createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ path: request.url, environment }))
}).listen(Number(environment['PORT']), environment['IAM_HTTP_HOST'])
