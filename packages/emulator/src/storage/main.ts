// The object store as a process: node main.ts [--port 8086] [--dir DIR] [--bucket NAME]…
import { parseArgs } from 'node:util'
import { readPort } from '../process/read-port.ts'
import { runUntilStopped } from '../process/run-until-stopped.ts'
import { startStorageEmulator } from './index.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    dir: { type: 'string' },
    bucket: { type: 'string', multiple: true },
  },
})
const { endpoint, stop } = await startStorageEmulator({
  port: readPort(values.port),
  directory: values.dir,
  buckets: values.bucket,
})
await runUntilStopped({ service: 'storage-emulator', endpoint }, stop)
