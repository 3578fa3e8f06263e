import { setTimeout as sleep } from 'node:timers/promises'
import type { StackState } from '@iam/local-stack/stack'

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly session: { readonly id: string }
  readonly user: { readonly id: string }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

type Where = Pick<StackState, 'issuer' | 'tenant' | 'user'>

/** Calls the service as any program does: fetch, JSON, and nothing of ours. */
export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000), ...init })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  }
}

/** Posts JSON to the API. */
export async function post(base: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return call(`${base}/api/v1${path}`, { method: 'POST', headers: { ...type, ...headers }, ...json })
}

/** Asks again, as every client should, while the answer is a 503 that may be retried; for so many milliseconds. */
export async function untilServed(ask: () => Promise<Answer>, patience = 30_000): Promise<Answer> {
  const end = performance.now() + patience
  for (;;) {
    const answer = await ask()
    const { status, body } = answer
    if (status !== 503 || body['retriable'] !== true || performance.now() > end) return answer
    await sleep(200)
  }
}

/** Logs the demo tenant's person in. */
export async function logIn({ issuer, tenant, user }: Where, base = issuer): Promise<Tokens> {
  const answer = await untilServed(() => post(base, '/auth/login', user, { 'x-tenant-id': tenant.slug }))
  if (answer.status !== 200)
    throw new Error(`Login answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body as unknown as Tokens
}

/** Exchanges a refresh token. */
export async function refresh(
  { issuer }: Pick<Where, 'issuer'>,
  refreshToken: string,
  base = issuer,
): Promise<Answer> {
  return post(base, '/auth/refresh', { refreshToken })
}

/** Checks the session behind an access token. */
export async function checkSession({ issuer }: Pick<Where, 'issuer'>, accessToken: string): Promise<Answer> {
  return call(`${issuer}/api/v1/auth/session`, { headers: { authorization: `Bearer ${accessToken}` } })
}
