const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])
/** Connection exceptions, resources, a server that is going or coming, a lock or a statement that took too long, read-only after a fail-over. */
const sqlStates = /^(08|53|57P0|55P03|57014|25006|40001|40P01)/
const messages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/

/** True when an error says that Postgres could not do its work now, and that the same call may work in a moment. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && (networkCodes.has(code) || sqlStates.test(code))) return true
  return messages.test(error.message) || (error instanceof AggregateError && error.errors.some(isUnavailable))
}
