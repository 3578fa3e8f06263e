// The edge as a program: node main.ts --port 8080 --api 8081 --jwks 8082
import { parseArgs } from 'node:util'
import { startEdge } from './edge.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    api: { type: 'string', default: '8081' },
    jwks: { type: 'string', default: '8082' },
  },
})
const edge = await startEdge({
  edge: Number(values.port),
  api: Number(values.api),
  jwks: Number(values.jwks),
})
process.once('SIGTERM', () => edge.close())
process.once('SIGINT', () => edge.close())
console.log(JSON.stringify({ ready: true, port: Number(values.port) }))
