import { Refusal } from '@iam/domain/kit'
import type { FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { goTo, show, tokenOf, type View } from './answer.ts'
import { faultNotice, form, type Fault } from './fields.ts'
import { html } from './html.ts'
import { submit } from './submit.ts'
import type { Visit } from './visit.ts'
import type { NoticeName, Words } from './words/index.ts'

type Step = Words['verifyLink']

/** A page behind a mailed link, whose button does what the mail was about. */
export interface LinkPage {
  readonly act: (token: string) => Promise<void>
  readonly words: Step
  readonly page: string
  /** Where it leads when it is done. */
  readonly next: { readonly page: string; readonly notice: NoticeName }
  /** Where a newer link can be had; undefined where there is none to be had. */
  readonly instead: string | undefined
}

/** Does what a mailed link is for, now that its button was pressed. */
export async function linkPage(deps: Deps, visit: Visit, page: LinkPage): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  const token = tokenOf(request) ?? ''
  const answer = submit(deps, visit, {
    act: async () => {
      await limit(deps, { request, reply, tenantId }, 'one-time-code')
      await page.act(token)
      return goTo(visit, page.next.page, { notice: page.next.notice })
    },
    again: (_sent, fault) => askToPress(visit, { ...page, token }, fault),
  })
  return answer.catch((error: unknown) => showDeadLink(visit, page.instead, error))
}

/** Says that a link cannot be used any more, when that is what went wrong. */
export function showDeadLink(visit: Visit, instead: string | undefined, error: unknown): FastifyReply {
  if (!(error instanceof Refusal) || error.code !== 'code_invalid') throw error
  return show(visit, deadLink(visit, instead), 422)
}

/** The page that a mailed link opens. Nothing happens until its button is pressed, whoever follows the link. */
export function askToPress(
  visit: Visit,
  { token, words, page }: { token: string; words: Step; page: string },
  fault?: Fault,
): View {
  const { title, lead, submit: label } = words
  const hidden = html`<input type="hidden" name="token" value="${token}">`
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${visit.base}/${page}`, submit: label }, hidden)}`,
  }
}

/** What is shown for a link that was used, has become too old, or is not whole. */
export function deadLink({ words, base }: Visit, instead: string | undefined): View {
  const { title, lead, again } = words.deadLink
  const link =
    instead === undefined
      ? html`<p><a class="button full" href="${base}/sign-in">${words.signIn.title}</a></p>`
      : html`<p><a class="button full" href="${base}/${instead}">${again}</a></p>`
  return { title, content: html`<h1>${title}</h1><p class="lead">${lead}</p>${link}` }
}
