// npm start: starts everything real on this machine, says where it is, and stays with it until Ctrl-C; with
// --detach it returns instead, and npm stop ends the stack.
import { type DevFiles, devFiles } from './dev/dev-files.ts'
import { runningStack, stopStack } from './dev/running-stack.ts'
import { type StartArguments, startArguments, usage } from './dev/start-arguments.ts'
import { type DevStack, detach, startDevStack } from './dev/start-dev-stack.ts'
import { withStartLock } from './dev/start-lock.ts'
import { summary } from './dev/summary.ts'
import { checkout } from './machine/checkout.ts'

try {
  const args = startArguments(process.argv.slice(2))
  if (args.help) console.log(usage)
  else await start(args)
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function start(args: StartArguments): Promise<void> {
  const files = devFiles(checkout)
  const started = await withStartLock(files.lock, sayWhoWeWaitFor, () => startUnlessRunning(files, args))
  if (started === undefined) return
  console.log(`\n${summary(started.state, files)}\n`)
  if (args.detach) detach(started)
  console.log(
    `Ready in ${Math.round(performance.now() / 100) / 10} s. ${args.detach ? 'npm stop' : 'Ctrl-C'} ends it.`,
  )
}

async function startUnlessRunning(files: DevFiles, args: StartArguments): Promise<DevStack | undefined> {
  const running = args.reset ? undefined : runningStack(files)
  if (running !== undefined) {
    console.log(`It runs already; npm stop ends it.\n\n${summary(running.state, files)}`)
    return undefined
  }
  // What an earlier run left behind, or with --reset the stack whose data go.
  await stopStack(files)
  return startDevStack(files, args)
}

function sayWhoWeWaitFor(pid: number): void {
  console.log(`Another npm start (process ${pid}) is at work; waiting for it…`)
}
