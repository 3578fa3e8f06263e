/** Prints `ready` as one line of JSON, which tells the parent process that it may connect, and waits for
 *  SIGTERM or SIGINT. Then stops and exits at once: what a client was told is already stored, so there is
 *  nothing to drain. */
export async function runUntilStopped(ready: object, stop: () => Promise<void>): Promise<never> {
  const { promise: signalled, resolve } = Promise.withResolvers<unknown>()
  process.once('SIGTERM', resolve)
  process.once('SIGINT', resolve)
  console.log(JSON.stringify({ ready: true, ...ready, pid: process.pid }))
  await signalled
  await stop()
  process.exit(0)
}
