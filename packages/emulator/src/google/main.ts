// The Google emulator as a process: node main.ts [--port 8085] [--state-dir DIR]
import { parseArgs } from 'node:util'
import { readPort } from '../process/read-port.ts'
import { runUntilStopped } from '../process/run-until-stopped.ts'
import { startGoogleEmulator } from './index.ts'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, 'state-dir': { type: 'string' } },
})
const { endpoint, deploymentId, stop } = await startGoogleEmulator({
  port: readPort(values.port),
  stateDirectory: values['state-dir'],
})
await runUntilStopped({ service: 'google-emulator', endpoint, deploymentId }, stop)
