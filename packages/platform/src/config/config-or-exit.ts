import { ConfigurationError } from './read-environment.ts'

/**
 * A process's configuration. Ends the process with 1 and every fault on standard error when it is wrong, and
 * with 0 when `--check-config` asks no more than that.
 */
export function configOrExit<T>(read: () => T): T {
  try {
    const config = read()
    if (process.argv.includes('--check-config')) process.exit(0)
    return config
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    process.stderr.write(`${error.message}\n`)
    return process.exit(1)
  }
}
