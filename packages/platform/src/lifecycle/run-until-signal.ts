import { setTimeout as sleep } from 'node:timers/promises'

/** One thing to close, with its name for the log. */
export interface Closer {
  readonly name: string
  readonly close: () => Promise<void> | void
}

const deadline = 9_000

/**
 * Waits for SIGTERM or SIGINT, then closes everything in reverse order and ends the process: with 0 when all
 * closed in time, with 1 at a second signal or after nine seconds.
 * @param onStop called at the signal, before anything closes: readiness goes away here.
 */
export async function runUntilSignal(
  closers: readonly Closer[],
  log: { info(message: string): void; error(fields: object, message: string): void },
  onStop: () => void = () => undefined,
): Promise<never> {
  const signal = await nextSignal()
  log.info(`${signal}: stopping`)
  onStop()
  void nextSignal().then(() => process.exit(1))
  const closed = await Promise.race([closeAll(closers, log), sleep(deadline, false)])
  if (!closed) log.error({}, 'Not everything closed in time')
  process.exit(closed ? 0 : 1)
}

async function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name))
  })
}

async function closeAll(
  closers: readonly Closer[],
  log: { error(fields: object, message: string): void },
): Promise<true> {
  for (const { name, close } of closers.toReversed()) {
    try {
      await close()
    } catch (error) {
      log.error({ err: error }, `${name} did not close cleanly`)
    }
  }
  return true
}
