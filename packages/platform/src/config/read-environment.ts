/** What a schema library says of one reading. Zod's `safeParse` fits. */
interface Schema<T> {
  safeParse(
    input: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } }
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Every fault of a configuration in one error: to be printed, and the process ended with 1. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'

  constructor(service: string, faults: readonly string[]) {
    super(
      `${service} cannot start, its environment is wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
  }
}

/**
 * Reads a process's environment once. An empty variable counts as not set.
 * @throws ConfigurationError that names every variable at fault and why; never a value, which may be a secret.
 */
export function readEnvironment<T>(
  service: string,
  schema: Schema<T>,
  environment: Readonly<Record<string, string | undefined>>,
): T {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const read = schema.safeParse(given)
  if (read.success) return Object.freeze(read.data)
  const faults = read.error.issues.map(({ path: [name], message }) => {
    const variable = String(name)
    return `${variable}: ${variable in given ? message : 'is required'}`
  })
  throw new ConfigurationError(service, [...new Set(faults)])
}
