import { randomBytes } from 'node:crypto'
import { newId, type Clock, type Id } from '../kit/index.ts'
import { mintOpaqueToken, readOpaqueToken } from '../opaque-token/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { formKeyOf, type FormKey } from './form-token.ts'

/**
 * How long a browser's forms can be sent, from the last page it was shown, in seconds: a working day, since people
 * come back to a sign-in that they left open in the morning.
 */
const lifetime = 28_800

/** What ties forms to a browser before anybody has signed in there. Nothing of it is stored here. */
export interface PreSession {
  /** For the browser's cookie. */
  readonly token: string
  readonly formKey: FormKey
  /** How long it can be used, in seconds. */
  readonly maxAge: number
}

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }

/**
 * A pre-session to hand to a browser. One that it holds already goes on with the same secret, so that forms in its
 * other tabs stay good. It ends with the sign-in, and nobody is signed in by it.
 */
export function openPreSession(
  { secrets, clock }: Deps,
  { tenantId, previous }: { tenantId: Id<'ten'>; previous: string | undefined },
): PreSession {
  const now = clock()
  const secret = (previous && read({ secrets, clock }, tenantId, previous)) || randomBytes(32)
  const { token } = mintOpaqueToken(secrets.of('token-tag').current(now), {
    type: 'form',
    tenantId,
    objectId: newId('req', now),
    generation: Math.floor(now.getTime() / 1000),
    secret,
  })
  return { token, formKey: formKeyOf(secret), maxAge: lifetime }
}

/** The form key of a pre-session; undefined when it is not ours, of another tenant, or too old. */
export function readPreSession(
  deps: Deps,
  { tenantId, token }: { tenantId: Id<'ten'>; token: string },
): FormKey | undefined {
  const secret = read(deps, tenantId, token)
  return secret === undefined ? undefined : formKeyOf(secret)
}

/** The generation of these tokens is the second they were made in. */
function read({ secrets, clock }: Deps, tenantId: Id<'ten'>, text: string): Buffer | undefined {
  const token = readOpaqueToken(secrets.of('token-tag'), 'form', text)
  if (token === undefined || token.tenantId !== tenantId) return undefined
  const age = clock().getTime() / 1000 - token.generation
  return age < lifetime ? token.secret : undefined
}
