import { confirmEmailChange, undoEmailChange } from '@iam/domain/account'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { originOf } from '../http/request-context.ts'
import { show, tokenOf } from './answer.ts'
import { askToPress, deadLink, linkPage, type LinkPage } from './link-page.ts'
import { hidden } from './routes-are-hidden.ts'
import { openVisit, type Visit } from './visit.ts'

/** Confirm a change of address, and undo one: each the button behind a mailed link. */
export function confirmEmailPages(app: App, deps: Deps): void {
  const pages = [
    { path: 'confirm-email', of: confirmOf },
    { path: 'undo-email', of: undoOf },
  ] as const
  for (const { path, of } of pages) {
    app.get(`/:slug/${path}`, hidden, async (request, reply) => {
      const visit = await openVisit(deps, request, reply)
      const token = tokenOf(request)
      return show(
        visit,
        token === undefined ? deadLink(visit, undefined) : askToPress(visit, { ...of(deps, visit), token }),
      )
    })
    app.post(`/:slug/${path}`, hidden, async (request, reply) => {
      const visit = await openVisit(deps, request, reply)
      return linkPage(deps, visit, of(deps, visit))
    })
  }
}

function confirmOf(deps: Deps, { words, tenantId, request, session }: Visit): LinkPage {
  return {
    act: (token) => confirmEmailChange(deps, { tenantId, token, origin: originOf(request) }),
    words: words.confirmEmail,
    page: 'confirm-email',
    next: { page: session === undefined ? 'sign-in' : 'account', notice: 'email_confirmed' },
    instead: undefined,
  }
}

function undoOf(deps: Deps, { words, tenantId, request }: Visit): LinkPage {
  return {
    act: (token) => undoEmailChange(deps, { tenantId, token, origin: originOf(request) }),
    words: words.undoEmail,
    page: 'undo-email',
    // Whoever changed the address may know the password.
    next: { page: 'forgotten-password', notice: 'email_undone' },
    instead: undefined,
  }
}
