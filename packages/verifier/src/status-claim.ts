import { TokenRefused } from './refusals.ts'

/** Where it is told whether a token was revoked (Token Status List 6.2). */
export interface StatusClaim {
  readonly idx: number
  readonly uri: string
}

/**
 * The reference to a status list; undefined in a token that has none.
 * @param issuer lists are asked for nowhere but at its own address for them, whatever a token says.
 * @throws TokenRefused
 */
export function readStatus(
  { status }: Readonly<Record<string, unknown>>,
  issuer: string,
): StatusClaim | undefined {
  if (status === undefined) return undefined
  const { status_list: list } = objectIn(status) as { status_list?: unknown }
  if (list === undefined) return undefined
  const { idx, uri } = objectIn(list) as { idx?: unknown; uri?: unknown }
  const under = `${issuer}/.well-known/status-lists/`
  if (!Number.isSafeInteger(idx) || (idx as number) < 0 || typeof uri !== 'string') refuse()
  if (!uri.startsWith(under) || !/^[A-Za-z0-9-]{1,80}$/.test(uri.slice(under.length))) refuse()
  return { idx: idx as number, uri }
}

function objectIn(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : refuse()
}

function refuse(): never {
  throw new TokenRefused('malformed_claims')
}
