import type { Id } from '../kit/index.ts'
import { readOpaqueToken } from '../opaque-token/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

/** A browser's cookie as it presents it. */
export interface PresentedBrowserToken {
  readonly tenantId: Id<'ten'>
  readonly token: string
}

export interface BrowserToken {
  readonly sessionId: Id<'ses'>
  readonly secret: Buffer
  readonly hash: Buffer
}

/** Reads a browser's token. @returns undefined when it is not ours, or another tenant's. */
export function readBrowserToken(
  { secrets }: { readonly secrets: SecretRings },
  { tenantId, token }: PresentedBrowserToken,
): BrowserToken | undefined {
  const read = readOpaqueToken(secrets.of('token-tag'), 'session', token)
  if (read === undefined || read.tenantId !== tenantId) return undefined
  return { sessionId: read.objectId as Id<'ses'>, secret: read.secret, hash: read.hash }
}
