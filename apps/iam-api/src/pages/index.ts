import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { problemOf } from '../http/problem.ts'
import { accountPage } from './account.ts'
import { addPasskeyPage } from './add-passkey.ts'
import { addFactorPage } from './add-factor.ts'
import { addFactorPasskeyActions } from './add-factor-passkey.ts'
import { changeEmailPage } from './change-email.ts'
import { changePasswordPage } from './change-password.ts'
import { confirmEmailPages } from './confirm-email.ts'
import { dataExportPage } from './data-export.ts'
import { endSessionsActions } from './end-sessions.ts'
import { sendErrorPage } from './error-page.ts'
import { factorsPage } from './factors.ts'
import { forgottenPasswordPage } from './forgotten-password.ts'
import { acceptOnlyForms } from './form-body.ts'
import { homePage } from './home.ts'
import { linkCodePage } from './link-code.ts'
import { magicLinkPage } from './magic-link.ts'
import { mailLinkPage } from './mail-link.ts'
import { nameSessionAction } from './name-session.ts'
import { pageHeaders } from './page-headers.ts'
import { passkeyScriptRoute } from './passkey-script.ts'
import { registerPage } from './register.ts'
import { resetPasswordPage } from './reset-password.ts'
import { revokeDeviceAction } from './revoke-device.ts'
import { rootPage } from './root.ts'
import { signInPasskeyActions } from './sign-in-passkey.ts'
import { secondFactorPasskeyActions } from './second-factor-passkey.ts'
import { secondFactorPage } from './second-factor.ts'
import { signInPage } from './sign-in.ts'
import { signedOutPage } from './signed-out.ts'
import { stylesheetRoute } from './stylesheet.ts'
import { verifyEmailPage } from './verify-email.ts'
import { waitingForLinkPage } from './waiting-for-link.ts'

/**
 * The hosted pages, under /t/: the server writes whole pages, and the only script is what passkeys take. They call
 * the verbs that the REST routes call. A page of somebody's account is behind `signedIn`, or, where it changes what the account
 * hangs on without asking for the password, behind `recentlySignedIn`; `nextPages` lists where a sign-in leads.
 */
export async function registerPages(app: App, deps: Deps): Promise<void> {
  await app.register(
    async (pages) => {
      protect(pages, deps)
      acceptOnlyForms(pages)
      answerErrors(pages, deps)
      pages.setNotFoundHandler((request, reply) => sendErrorPage(deps, { code: 'not_found' }, request, reply))
      stylesheetRoute(pages)
      homePage(pages, deps)
      passkeyScriptRoute(pages)
      signInPage(pages, deps)
      signInPasskeyActions(pages, deps)
      secondFactorPage(pages, deps)
      secondFactorPasskeyActions(pages, deps)
      addFactorPage(pages, deps)
      addFactorPasskeyActions(pages, deps)
      registerPage(pages, deps)
      verifyEmailPage(pages, deps)
      mailLinkPage(pages, deps)
      magicLinkPage(pages, deps)
      waitingForLinkPage(pages, deps)
      linkCodePage(pages, deps)
      forgottenPasswordPage(pages, deps)
      resetPasswordPage(pages, deps)
      confirmEmailPages(pages, deps)
      accountPage(pages, deps)
      addPasskeyPage(pages, deps)
      changePasswordPage(pages, deps)
      changeEmailPage(pages, deps)
      factorsPage(pages, deps)
      dataExportPage(pages, deps)
      endSessionsActions(pages, deps)
      nameSessionAction(pages, deps)
      revokeDeviceAction(pages, deps)
      signedOutPage(pages, deps)
    },
    { prefix: '/t' },
  )
  await app.register(async (scope) => {
    protect(scope, deps)
    answerErrors(scope, deps)
    rootPage(scope, deps)
  })
}

/** Every answer of these routes is a page. */
function protect(scope: App, deps: Deps): void {
  const headers = pageHeaders(deps)
  scope.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers)
  })
}

function answerErrors(pages: App, deps: Deps): void {
  pages.setErrorHandler((error, request, reply) =>
    sendErrorPage(deps, problemOf(deps, error, request), request, reply),
  )
}
