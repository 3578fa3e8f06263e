import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access } from './access.ts'
import type { StatusRule, Verifier } from './create-verifier.ts'
import { KeysUnavailable, StatusUnavailable, TokenRefused } from './refusals.ts'

interface Request {
  readonly headers: IncomingMessage['headers']
}

/** What is used of Fastify's reply. */
interface Reply {
  code(status: number): unknown
  headers(headers: Record<string, string>): unknown
  send(body: string): unknown
}

const verified = new WeakMap<object, Access>()

/** Who makes a request that a guard let through. @throws when none has: a route without its guard is a fault. */
export function accessOf(request: object): Access {
  const access = verified.get(request)
  if (access === undefined) throw new Error('This request was not verified: its route has no guard.')
  return access
}

export interface GuardOptions {
  /** What a token's status decides on these routes, instead of what the verifier was made with. */
  readonly status?: StatusRule
}

/** A hook for Fastify's `onRequest`: a request without a good token ends here. `accessOf(request)` tells whose it is. */
export function fastifyGuard(verifier: Verifier, options: GuardOptions = {}) {
  return async (request: Request, reply: Reply): Promise<unknown> => {
    const refused = await admit(verifier, request, options)
    if (refused === undefined) return undefined
    reply.code(refused.status)
    reply.headers(refused.headers)
    return reply.send(refused.body)
  }
}

/** The same for `node:http`. @returns whether the request may go on; if not, it was answered. */
export function nodeGuard(verifier: Verifier, options: GuardOptions = {}) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const refused = await admit(verifier, request, options)
    if (refused !== undefined) response.writeHead(refused.status, refused.headers).end(refused.body)
    return refused === undefined
  }
}

async function admit(
  verifier: Verifier,
  request: Request,
  options: GuardOptions,
): Promise<Answer | undefined> {
  try {
    verified.set(request, await verifier.verify(bearerOf(request), options))
    return undefined
  } catch (error) {
    if (error instanceof TokenRefused) return refusal(error)
    if (error instanceof KeysUnavailable || error instanceof StatusUnavailable) return outage(error)
    throw error
  }
}

/** The token of an `Authorization` header (RFC 6750 2.1); nothing else is looked at. */
function bearerOf({ headers }: Request): string {
  const token = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token === undefined) throw new TokenRefused('no_token')
  return token
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

/** Which of the reasons it was stays here: the caller learns that the token is not taken. */
function refusal({ reason }: TokenRefused): Answer {
  const challenge = reason === 'no_token' ? 'Bearer' : 'Bearer error="invalid_token"'
  return problem(401, 'The access token is missing or is not taken here', { 'www-authenticate': challenge })
}

function outage({ retryAfter }: KeysUnavailable | StatusUnavailable): Answer {
  return problem(503, 'Access tokens cannot be verified now', { 'retry-after': String(retryAfter) })
}

/** A problem document (RFC 9457). */
function problem(status: number, title: string, headers: Record<string, string>): Answer {
  const body = JSON.stringify({ type: 'about:blank', title, status })
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body,
  }
}
