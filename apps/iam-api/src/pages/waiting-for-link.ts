import { checkMagicLink } from '@iam/domain/magic-link'
import { Refusal } from '@iam/domain/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { linkCookie, type HeldLink } from '../http/link-cookie.ts'
import { goTo, show, type View } from './answer.ts'
import { enterByLink } from './enter-by-link.ts'
import { faultNotice, form, type Fault } from './fields.ts'
import { html, type Html } from './html.ts'
import { deadLink, showDeadLink } from './link-page.ts'
import { nextNamed } from './next-page.ts'
import { hidden } from './routes-are-hidden.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/** Seconds between two looks. The page loads itself anew, because no script runs in it. */
const lookEvery = 4

/**
 * Where the browser that asked for a link waits. Once the link was approved from another device it goes on by itself,
 * to the second factor or the account; the number for that device to ask for stands here and nowhere else.
 */
export function waitingForLinkPage(app: App, deps: Deps): void {
  app.get('/:slug/magic-link/waiting', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const held = linkCookie(request, visit.tenantId)
    if (held === undefined) return leave(visit, undefined)
    const seen = await look(deps, visit, held)
    if (seen === undefined) return leave(visit, held)
    if (seen.status === 'waiting') return show(visit, waiting(visit, seen.number))
    return isByItself(request) ? goOn(deps, visit, held) : show(visit, approved(visit))
  })
  app.post('/:slug/magic-link/waiting', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const held = linkCookie(request, visit.tenantId)
    if (held === undefined) return leave(visit, undefined)
    const answer = submit(deps, visit, {
      act: () => enter(deps, visit, held),
      again: (_sent, fault) => approved(visit, fault),
    })
    return answer.catch((error: unknown) => showDeadLink(visit, 'mail-link', error))
  })
}

/** @returns undefined for a link that has ended, or a cookie that is none of ours. */
async function look(deps: Deps, { tenantId }: Visit, { request }: HeldLink) {
  try {
    const seen = await checkMagicLink(deps, { tenantId, request })
    return seen.status === 'ended' ? undefined : seen
  } catch (error) {
    if (error instanceof Refusal && error.code === 'code_invalid') return undefined
    throw error
  }
}

/** Whoever was signed in meanwhile, by the link in another tab, is where they wanted to be. */
function leave(visit: Visit, held: HeldLink | undefined): FastifyReply {
  if (visit.session !== undefined) return goTo(visit, nextNamed(held?.next).path)
  return held === undefined ? goTo(visit, 'sign-in') : show(visit, deadLink(visit, 'mail-link'))
}

async function enter(deps: Deps, visit: Visit, held: HeldLink): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  await limit(deps, { request, reply, tenantId }, 'one-time-code')
  return enterByLink(deps, visit, { held, proof: { by: 'approval' } })
}

/** What refuses to let somebody in says so to the button, in words. */
async function goOn(deps: Deps, visit: Visit, held: HeldLink): Promise<FastifyReply> {
  try {
    return await enter(deps, visit, held)
  } catch (error) {
    if (error instanceof Refusal && error.code !== 'code_invalid') return show(visit, approved(visit))
    return showDeadLink(visit, 'mail-link', error)
  }
}

/**
 * Whether the page that waits asks, as it does by itself: only then does looking sign in. Another site, a browser that
 * loads ahead of time, and whoever asks for the head alone get a page with a button.
 */
function isByItself({ method, headers }: FastifyRequest): boolean {
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  const isAhead = headers['sec-purpose'] !== undefined || headers['purpose'] !== undefined
  return method === 'GET' && headers['sec-fetch-site'] === 'same-origin' && isNavigation && !isAhead
}

function waiting({ words, base }: Visit, number: string): View {
  const { title, lead, elsewhere, code, again, resend } = words.linkWaiting
  return {
    title,
    refresh: lookEvery,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
<p>${elsewhere}</p>
${shownNumber(number)}
<p class="more"><a href="${base}/magic-link/code">${code}</a></p>
<p class="more">${again} <a href="${base}/mail-link">${resend}</a></p>`,
  }
}

/** The number that another device asks for. */
function shownNumber(number: string): Html {
  return html`<p class="shown" dir="ltr">${number}</p>`
}

/** It goes on by itself where the browser says that its own page asks; elsewhere a button does. */
function approved(visit: Visit, fault?: Fault): View {
  const { words, base } = visit
  const { title, lead, submit: label } = words.linkGoOn
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/magic-link/waiting`, submit: label })}`,
  }
}
