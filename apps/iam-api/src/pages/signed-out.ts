import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { show, takeFlash } from './answer.ts'
import { goodNotice } from './fields.ts'
import { html } from './html.ts'
import { hidden } from './routes-are-hidden.ts'
import { openVisit } from './visit.ts'

/** Where signing out ends. */
export function signedOutPage(app: App, deps: Deps): void {
  app.get('/:slug/signed-out', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { title, again } = visit.words.signedOut
    return show(visit, {
      title,
      content: html`<h1>${title}</h1>
${goodNotice(takeFlash(visit).said)}
<p><a class="button full" href="${visit.base}/sign-in">${again}</a></p>`,
    })
  })
}
