// Stops the stack of this checkout after a while, for `npm start -- --for 30m`: node main.ts --after-ms 1800000
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkout } from '../../machine/checkout.ts'
import { devFiles } from '../dev-files.ts'
import { stopStack } from '../running-stack.ts'

const { values } = parseArgs({ options: { 'after-ms': { type: 'string' } } })
const afterMs = Number(values['after-ms'])
if (!Number.isInteger(afterMs)) throw new Error('Usage: main.ts --after-ms <milliseconds>')
console.log(JSON.stringify({ ready: true, afterMs }))
await sleep(afterMs)
await stopStack(devFiles(checkout))
