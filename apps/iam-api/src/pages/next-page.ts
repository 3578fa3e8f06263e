import type { FastifyRequest } from 'fastify'
import { isSteppedUp, isStronglyAuthenticated } from '@iam/domain/session'
import type { Deps } from '../deps.ts'
import type { Visit } from './visit.ts'

interface NextPage {
  /** Of the tenant's own pages. */
  readonly path: string
  /**
   * Whether it is shown only after a login of the last five minutes, by the second factor where there is one, which
   * neither trust in the browser nor the tenant's policy stands in for: it is behind `recentlySignedIn`.
   */
  readonly recent?: boolean
  /** Whether it is not shown after a login of before a theft: it is behind `signedInSince`. */
  readonly proved?: boolean
}

/**
 * The pages of an account that a sign-in leads on to, by the names that `next` carries. A sign-in leads nowhere else:
 * no address is ever taken from a request, so nobody makes it lead to a place of theirs (CWE-601).
 */
const nextPages = {
  password: { path: 'account/password', proved: true },
  email: { path: 'account/email', proved: true },
  factors: { path: 'account/factors', recent: true },
  data: { path: 'account/data', recent: true },
} as const satisfies Record<string, NextPage>

const account: NextPage = { path: 'account' }

/** The sign-in that leads back to the page that was asked for, or to the page whose form was sent. */
export function signInBefore({ routeOptions }: FastifyRequest): string {
  const path = routeOptions.url?.replace('/t/:slug/', '') ?? ''
  const found = Object.entries(nextPages).find(([, page]) => `${path}/`.startsWith(`${page.path}/`))
  return found === undefined ? 'sign-in' : `sign-in?next=${found[0]}`
}

/** The name that `next` carries: in the address at first, in the form from then on. Undefined for any other word. */
export function nextNameIn({ query, body }: FastifyRequest): string | undefined {
  const given = body instanceof Map ? (body.get('next') as unknown) : (query as { next?: unknown }).next
  return knownNext(given)
}

/** The name, if it is one of the list; undefined for any other word. */
export function knownNext(name: unknown): string | undefined {
  return typeof name === 'string' && Object.hasOwn(nextPages, name) ? name : undefined
}

/** Where a sign-in leads. */
export function nextPageOf(request: FastifyRequest): NextPage {
  return pageNamed(nextNameIn(request))
}

/** Where a sign-in leads that a browser began earlier. @param name as it was kept there: any other word is none. */
export function nextNamed(name: string | undefined): NextPage {
  return pageNamed(knownNext(name))
}

function pageNamed(name: string | undefined): NextPage {
  return name === undefined ? account : nextPages[name as keyof typeof nextPages]
}

/**
 * Whether somebody who is signed in has to sign in again for where they want to go: it was too long ago, or without
 * the second factor that they have, or before a theft.
 */
export async function mustSignInAgain(
  deps: Pick<Deps, 'db' | 'clock'>,
  { request, tenantId, session }: Visit,
): Promise<boolean> {
  const { recent, proved } = nextPageOf(request)
  if (session === undefined) return false
  const asked = { tenantId, userId: session.userId, login: session }
  if (recent === true) return !(await isStronglyAuthenticated(deps, asked))
  return proved === true && !(await isSteppedUp(deps, asked))
}
