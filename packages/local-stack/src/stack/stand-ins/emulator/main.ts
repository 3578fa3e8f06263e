// Stands in for an emulator in the stack's own test: it listens and says so.
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ strict: false, options: { port: { type: 'string' } } })
createServer((_request, response) => response.end('{}')).listen(Number(values['port']), '127.0.0.1', () => {
  console.log(JSON.stringify({ ready: true, port: Number(values['port']) }))
})
