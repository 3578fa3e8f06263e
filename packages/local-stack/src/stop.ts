// npm stop: ends the stack that npm start left running, or what an interrupted one left behind.
import { devFiles } from './dev/dev-files.ts'
import { stopStack } from './dev/running-stack.ts'
import { checkout } from './machine/checkout.ts'

const stopped = await stopStack(devFiles(checkout))
console.log(stopped.length === 0 ? 'Nothing was running.' : `Stopped ${stopped.toReversed().join(', ')}.`)
