import type { Id, Standing } from '../kit/index.ts'

/** What a login or a refresh hands out. Times in seconds. */
export interface IssuedSession {
  readonly accessToken: string
  readonly expiresIn: number
  readonly refreshToken: string
  readonly refreshExpiresIn: number
  readonly session: { readonly id: Id<'ses'> }
  readonly user: { readonly id: Id<'usr'>; readonly tenantId: Id<'ten'>; readonly email: string }
  /** Set where the login is from before a theft and has to be proved anew. */
  readonly mustStepUp?: true
  /** Where a refresh leaves its family under its limit. */
  readonly standings?: readonly Standing[]
}
