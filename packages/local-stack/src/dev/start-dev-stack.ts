import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkout } from '../machine/checkout.ts'
import { machineEnvironment } from '../machine/environment.ts'
import { writeJson } from '../machine/json-file.ts'
import { ProcessJournal } from '../processes/journal.ts'
import { SupervisedProgram, type Surroundings } from '../processes/supervised-program.ts'
import { machineVariables } from '../stack/environment.ts'
import { type Environment, type Stack, type StackState, startStack } from '../stack/index.ts'
import { usualPorts } from '../stack/stack-ports.ts'
import { clearData, dataDirectory, dataRoot, edgePorts } from './data-directories.ts'
import { beginLogs, type DevFiles } from './dev-files.ts'
import { endEverything, endOnSignal } from './end-on-signal.ts'
import type { StartArguments } from './start-arguments.ts'

/** The stack of this checkout, started by this process. */
export interface DevStack {
  state: StackState
  stack: Stack
  journal: ProcessJournal
  /** What stops it after a while, when that was asked for. */
  timer: SupervisedProgram | undefined
}

const interruptedCode = 130

/**
 * Starts the stack of this checkout with its lasting data and writes where everything is. From the first moment
 * a signal ends whatever runs by then. When a part fails, the rest is stopped and the failure thrown.
 */
export async function startDevStack(files: DevFiles, { reset, forMs }: StartArguments): Promise<DevStack> {
  beginLogs(files)
  const journal = new ProcessJournal(files.journal)
  let exitCode = interruptedCode
  const interrupted = endOnSignal(journal, files, () => exitCode)
  try {
    const root = dataRoot(checkout)
    if (reset) clearData(root)
    const ports = await usualPorts(edgePorts(root), say)
    const surroundings: Surroundings = {
      directory: dataDirectory(root, ports.edge),
      logs: files.logs,
      journal,
      onUnexpectedEnd: ({ message }) => console.error(`\n${message}`),
    }
    const { limits = '1' } = machineEnvironment()
    const stack = await startStack({ surroundings, ports, durable: true, limits, onProgress: say })
    const timer = forMs === undefined ? undefined : await startTimer(forMs, surroundings)
    const { state } = stack
    writeFileSync(files.operatorVariables, forShell(stack.operatorVariables), { mode: 0o600 })
    writeJson(files.state, state)
    exitCode = 0
    return { state, stack, journal, timer }
  } catch (error) {
    if (interrupted.aborted) return forever() // the signal's handler ends this process once all is stopped
    await endEverything(journal, files)
    throw error
  }
}

/** Lets our own process end while the stack goes on. It needs nobody to look after it: all know how to be ended. */
export function detach({ stack, journal, timer }: DevStack): void {
  journal.disown()
  stack.release()
  timer?.release()
}

async function startTimer(afterMs: number, surroundings: Surroundings): Promise<SupervisedProgram> {
  const path = fileURLToPath(new URL('stop-later/main.ts', import.meta.url))
  const timer = new SupervisedProgram(
    {
      name: 'timer',
      command: process.execPath,
      args: [path, '--after-ms', String(afterMs)],
      env: machineVariables(),
      cwd: '/',
      ready: { line: /"ready":\s*true/ },
    },
    surroundings,
  )
  await timer.start()
  return timer
}

function forShell(variables: Environment): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('')
}

function say(sentence: string): void {
  console.log(sentence)
}

function forever(): Promise<never> {
  return new Promise(() => {})
}
