import { relatedOriginsAt } from '@iam/domain/passkey'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'

/**
 * Which other origins may ask for the passkeys that are made for this host: browsers fetch it (WebAuthn 5.11), nobody
 * else. The tenant is the one whose `rpId` the host is.
 */
export function relatedOriginsRoute(app: App, deps: Deps): void {
  app.get('/.well-known/webauthn', { schema: { hide: true } }, async (request, reply) => {
    const origins = await relatedOriginsAt(deps, request.headers.host ?? '')
    reply.header('cache-control', 'public, max-age=300')
    return { origins: [...origins] }
  })
}
