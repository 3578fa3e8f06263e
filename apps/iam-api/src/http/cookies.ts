import type { FastifyReply, FastifyRequest } from 'fastify'

// Every cookie of ours is a `__Host-` one (RFC 6265bis 4.1.3.2): sent over TLS or to this machine alone, for this host
// alone, and not to be set by a sibling host. No script reads it.

export interface CookieSettings {
  readonly sameSite: 'Lax' | 'Strict'
  /** Seconds. 0 removes the cookie. */
  readonly maxAge: number
}

/** Sets a cookie, beside others that the answer sets. @param name begins with `__Host-`. */
export function setCookie(
  reply: FastifyReply,
  name: `__Host-${string}`,
  value: string,
  settings: CookieSettings,
) {
  const { sameSite, maxAge } = settings
  reply.header(
    'set-cookie',
    `${name}=${value}; Max-Age=${maxAge}; Path=/; Secure; HttpOnly; SameSite=${sameSite}`,
  )
}

/** A cookie's value; undefined when it is missing, or there twice, which no browser of ours would do. */
export function cookieOf(request: FastifyRequest, name: `__Host-${string}`): string | undefined {
  const found = (request.headers.cookie ?? '').split(/; */).filter((pair) => pair.startsWith(`${name}=`))
  return found.length === 1 ? found[0]?.slice(name.length + 1) : undefined
}
