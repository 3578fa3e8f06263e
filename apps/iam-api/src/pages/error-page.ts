import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { sendProblem, type Problem } from '../http/problem.ts'
import { problemKinds, type ProblemCode } from '../http/problem-codes.ts'
import { sendHtml } from './answer.ts'
import { html, type Html } from './html.ts'
import { layout } from './layout.ts'
import { pageLocale } from './locale.ts'
import { pageHeaders } from './page-headers.ts'
import { chooseOrganisation } from './choose-organisation.ts'
import { languages, type ErrorName, type Words } from './words/index.ts'

const named: Partial<Record<ProblemCode, ErrorName>> = {
  not_found: 'not_found',
  method_not_allowed: 'not_found',
  tenant_unknown: 'tenant_unknown',
  tenant_suspended: 'tenant_suspended',
  wrong_region: 'wrong_region',
  invalid_request: 'too_much',
  unsupported_media_type: 'too_much',
  payload_too_large: 'too_much',
  form_refused: 'too_much',
}

/** What is wrong with all of the tenant's pages. */
const ofTenant = new Set<ProblemCode>(['tenant_unknown', 'tenant_suspended', 'wrong_region'])

/** Says in a page what went wrong; to programs, which ask for no page, in a problem document. */
export function sendErrorPage(
  deps: Pick<Deps, 'issuer' | 'metrics'>,
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (!asksForPage(request)) return sendProblem(deps, problem, request, reply)
  const { status, retriable } = problemKinds[problem.code]
  deps.metrics.refused(request.routeOptions.url ?? 'none', problem.code)
  if (retriable) reply.header('retry-after', String(problem.retryAfter ?? 1))
  const locale = pageLocale(request)
  const words = languages[locale]
  const { title, lead } = words.errors[named[problem.code] ?? 'broken']
  const content = html`<h1>${title}</h1>
<p class="lead">${retriable ? words.faults.unavailable : lead}</p>
${wayOn(words, problem.code, request)}
<p class="number">${words.reference(request.id)}</p>`
  // A request that was refused before our hooks ran has none of a page's headers yet.
  reply.headers(pageHeaders(deps)).header('x-request-id', request.id)
  return sendHtml(
    reply,
    layout({ locale, words, title, tenant: undefined, here: undefined }, content),
    status,
  )
}

/** A person who follows a link or types an address, other than one of the REST API's. */
function asksForPage({ headers, url }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') === true && !/^\/(api|health)(\/|$)/.test(url)
}

/** No page is a dead end. Nothing of the address is repeated but the tenant's name. */
function wayOn({ waysOn }: Words, code: ProblemCode, { url }: FastifyRequest): Html {
  const [base] = /^\/t\/[a-z0-9][a-z0-9-]{0,62}(?=[/?]|$)/.exec(url) ?? []
  return base === undefined || ofTenant.has(code)
    ? html`<p><a class="button full" href="${chooseOrganisation}">${waysOn.organisation}</a></p>`
    : html`<p><a class="button full" href="${base}">${problemKinds[code].retriable ? waysOn.retry : waysOn.home}</a></p>`
}
