/** A page as somebody opens it. */
export interface PageExample {
  /** Below `/t/<slug>`, or from the root where it begins with `//`. */
  readonly path: string
  /** Whether it is somebody's own, who is signed in. */
  readonly own?: boolean
}

/**
 * How each page is opened, by its route: at least once. What must hold for every page is tried on all of these, so a
 * page that is added is added here, which a test makes sure of.
 */
export const pageExamples: Readonly<Record<string, readonly PageExample[]>> = {
  '/': [{ path: '//' }, { path: '//?organisation=' }, { path: '//?organisation=nobody' }],
  '/api/v1/errors': [{ path: '//api/v1/errors' }],
  '/t/:slug': [{ path: '' }],
  '/t/:slug/': [{ path: '/' }],
  '/t/:slug/sign-in': [{ path: '/sign-in' }, { path: '/sign-in?next=password' }, { path: '/sign-in?show=1' }],
  '/t/:slug/second-factor': [{ path: '/second-factor' }, { path: '/second-factor?with=recovery' }],
  '/t/:slug/add-factor': [{ path: '/add-factor' }],
  '/t/:slug/register': [{ path: '/register' }],
  '/t/:slug/verify-email': [{ path: '/verify-email' }, { path: '/verify-email?token=abc' }],
  '/t/:slug/mail-link': [{ path: '/mail-link' }],
  '/t/:slug/magic-link': [{ path: '/magic-link' }, { path: '/magic-link?token=abc' }],
  '/t/:slug/magic-link/approved': [{ path: '/magic-link/approved' }],
  '/t/:slug/magic-link/waiting': [{ path: '/magic-link/waiting' }],
  '/t/:slug/magic-link/code': [{ path: '/magic-link/code' }],
  '/t/:slug/forgotten-password': [{ path: '/forgotten-password' }],
  '/t/:slug/forgotten-password/sent': [{ path: '/forgotten-password/sent' }],
  '/t/:slug/reset-password': [{ path: '/reset-password' }, { path: '/reset-password?token=abc' }],
  '/t/:slug/confirm-email': [{ path: '/confirm-email' }, { path: '/confirm-email?token=abc' }],
  '/t/:slug/undo-email': [{ path: '/undo-email' }, { path: '/undo-email?token=abc' }],
  '/t/:slug/account': [{ path: '/account', own: true }, { path: '/account' }],
  '/t/:slug/account/factors/passkey': [{ path: '/account/factors/passkey', own: true }],
  '/t/:slug/account/password': [{ path: '/account/password', own: true }],
  '/t/:slug/account/email': [{ path: '/account/email', own: true }],
  '/t/:slug/account/data': [
    { path: '/account/data', own: true },
    { path: '/account/data?token=abc', own: true },
  ],
  '/t/:slug/account/factors': [{ path: '/account/factors', own: true }],
  '/t/:slug/account/factors/add': [{ path: '/account/factors/add', own: true }],
  '/t/:slug/account/factors/name': [{ path: '/account/factors/name', own: true }],
  '/t/:slug/account/factors/remove': [{ path: '/account/factors/remove', own: true }],
  '/t/:slug/account/factors/recovery-codes': [{ path: '/account/factors/recovery-codes', own: true }],
  '/t/:slug/signed-out': [{ path: '/signed-out' }],
}

/** An example's address at a tenant. */
export function urlOf({ path }: PageExample, slug: string): string {
  return path.startsWith('//') ? path.slice(1) : `/t/${slug}${path}`
}
