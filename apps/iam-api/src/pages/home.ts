import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { goTo } from './answer.ts'
import { hidden } from './routes-are-hidden.ts'
import { openVisit } from './visit.ts'

/** A tenant's own address leads to the account of whoever is signed in, and others to the sign-in. */
export function homePage(app: App, deps: Deps): void {
  for (const path of ['/:slug', '/:slug/']) {
    app.get(path, hidden, async (request, reply) => {
      const visit = await openVisit(deps, request, reply)
      return goTo(visit, visit.session === undefined ? 'sign-in' : 'account')
    })
  }
}
