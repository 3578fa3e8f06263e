import type { ProcessJournal } from '../processes/journal.ts'
import { type DevFiles, removeTraces } from './dev-files.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * From now on the first signal (Ctrl-C, npm stop, a closed terminal) stops every program in order and then
 * ends our own process, with the code that `exitCode` gives; a second one kills them at once. The returned
 * AbortSignal tells whether that has begun.
 */
export function endOnSignal(journal: ProcessJournal, files: DevFiles, exitCode: () => number): AbortSignal {
  // A closed terminal takes our output away too; that must not end us before everything is stopped.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
  const interruption = new AbortController()
  for (const signal of signals) {
    process.on(signal, () => {
      if (interruption.signal.aborted) {
        journal.killAll()
        process.exit(1)
      }
      interruption.abort()
      console.log('\nStopping…')
      void endEverything(journal, files).finally(() => process.exit(exitCode()))
    })
  }
  return interruption.signal
}

/** Stops every program, the last started first, and removes the files that tell of a running stack. */
export async function endEverything(journal: ProcessJournal, files: DevFiles): Promise<void> {
  await journal.endAll()
  removeTraces(files)
}
