import { downloadExport, exportFormats, requestOwnExport, type ExportFormat } from '@iam/domain/data-request'
import { Refusal } from '@iam/domain/kit'
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { exportHeaders } from '../http/export-headers.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { show, tokenOf, type View } from './answer.ts'
import { faultNotice, form, goodNotice, type Fault } from './fields.ts'
import type { FormBody } from './form-body.ts'
import { html, type Html } from './html.ts'
import { hidden } from './routes-are-hidden.ts'
import { recentlySignedIn } from './signed-in.ts'
import { submit } from './submit.ts'
import type { SignedInVisit } from './visit.ts'

const path = '/:slug/account/data'

/** Asks for a copy of one's data, and fetches it by the link of the mail. Opening the link fetches nothing yet. */
export function dataExportPage(app: App, deps: Deps): void {
  app.get(
    path,
    hidden,
    recentlySignedIn(deps, async (visit) => show(visit, viewOf(visit))),
  )
  app.post(
    path,
    hidden,
    recentlySignedIn(deps, (visit) =>
      submit(deps, visit, {
        act: () => ask(deps, visit),
        again: (_sent, fault) => viewOf(visit, { fault }),
      }),
    ),
  )
  app.post(
    `${path}/fetch`,
    hidden,
    recentlySignedIn(deps, (visit) =>
      submit(deps, visit, {
        act: (sent) => fetchFile(deps, visit, sent),
        again: (_sent, fault) => viewOf(visit, { fault }),
      }).catch((error: unknown) => showRefused(visit, error)),
    ),
  )
}

async function ask(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  await requestOwnExport(deps, callOf(visit))
  return show(visit, viewOf(visit, { said: visit.words.dataExport.asked }))
}

async function fetchFile(deps: Deps, visit: SignedInVisit, sent: FormBody): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  await limit(deps, { request, reply, tenantId }, 'data-export-link')
  const format = exportFormats.find((one) => one === sent.get('format')) ?? 'json'
  const token = tokenOf(request) ?? ''
  const { id, body } = await downloadExport(deps, { ...callOf(visit), token, format })
  return reply.headers(exportHeaders(id, format)).send(body)
}

function callOf({ request, tenantId, session }: SignedInVisit) {
  const { userId, amr, authTime } = session
  return { tenantId, userId, login: { amr, authTime }, origin: originOf(request) }
}

function showRefused(visit: SignedInVisit, error: unknown): FastifyReply {
  const { foreign, gone } = visit.words.dataExport
  const code = error instanceof Refusal ? error.code : undefined
  if (code === 'not_allowed') return show(visit, viewOf(visit, { fault: { sentence: foreign } }), 422)
  if (code !== 'export_gone' && code !== 'not_found') throw error
  return show(visit, viewOf(visit, { fault: { sentence: gone } }), 422)
}

interface Told {
  readonly fault?: Fault
  readonly said?: string
}

function viewOf(visit: SignedInVisit, { fault, said }: Told = {}): View {
  const { title, lead, fetchLead } = visit.words.dataExport
  const token = fault === undefined ? tokenOf(visit.request) : undefined
  return {
    title,
    content: html`<h1>${title}</h1>
${goodNotice(said)}
${faultNotice(fault)}
${said === undefined && html`<p class="lead">${token === undefined ? lead : fetchLead}</p>`}
${token === undefined ? said === undefined && askForm(visit) : fetchForms(visit, token)}
<p class="more"><a href="${visit.base}/account">${visit.words.account.back}</a></p>`,
  }
}

function askForm(visit: SignedInVisit): Html {
  return form(visit, { action: `${visit.base}/account/data`, submit: visit.words.dataExport.ask })
}

function fetchForms(visit: SignedInVisit, token: string): Html {
  const { words, base } = visit
  const one = (format: ExportFormat, kind: string): Html =>
    form(
      visit,
      { action: `${base}/account/data/fetch`, submit: words.dataExport.fetch[format], kind },
      html`<input type="hidden" name="token" value="${token}"><input type="hidden" name="format" value="${format}">`,
    )
  return html`${one('json', 'primary')}${one('pdf', 'quiet')}`
}
