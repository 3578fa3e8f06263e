import { Refusal, type Id } from '@iam/domain/kit'
import { describeTenant } from '@iam/domain/tenant'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { sendHtml } from './answer.ts'
import { chooseOrganisation } from './choose-organisation.ts'
import { field, type Fault } from './fields.ts'
import { html, type Html } from './html.ts'
import { layout } from './layout.ts'
import { pageLocale, rememberLocale } from './locale.ts'
import { hidden } from './routes-are-hidden.ts'
import { languages, type Words } from './words/index.ts'

interface Known {
  readonly slug: string
  readonly name: string
}

interface Shown {
  readonly known?: readonly Known[]
  readonly typed?: string
  readonly fault?: Fault
  readonly status?: number
}

/** Of cookies, which anybody can make up: as many tenants are looked up and no more. */
const mostKnown = 5

/**
 * The address without a tenant leads to the tenant that the browser knows, where it knows exactly one, and asks for
 * the organisation's name otherwise. Names are tried against a limit, so that the directory is not read out.
 */
export function rootPage(app: App, deps: Deps): void {
  app.get('/', hidden, async (request, reply) => {
    const { organisation } = request.query as { organisation?: unknown }
    rememberLocale(request, reply)
    if (typeof organisation === 'string' && organisation.trim() !== '') {
      return goToNamed(deps, { request, reply, typed: organisation })
    }
    const known = await tenantsKnownTo(deps, request)
    const [only] = known
    if (only === undefined || known.length > 1 || organisation !== undefined) {
      return ask(request, reply, { known })
    }
    return reply.redirect(`/t/${only.slug}`, 303)
  })
}

type Named = { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly typed: string }

async function goToNamed(deps: Deps, named: Named): Promise<FastifyReply> {
  const { request, reply, typed } = named
  const { faults, tooOften } = languages[pageLocale(request)]
  const about = (sentence: string) => ({ typed, fault: { field: 'organisation', sentence } })
  try {
    const slug = await findNamed(deps, named)
    return await reply.redirect(`/t/${slug}`, 303)
  } catch (error) {
    const { code, retryAfter = 1 } = error instanceof Refusal ? error : { code: undefined }
    if (code === 'tenant_unknown')
      return ask(request, reply, { ...about(faults.organisation_unknown), status: 422 })
    if (code !== 'rate_limited') throw error
    reply.header('retry-after', String(retryAfter))
    return ask(request, reply, { ...about(tooOften(retryAfter)), status: 429 })
  }
}

/** Counted at the operators' own tenant, since no other is known yet. @throws Refusal `rate_limited` and the directory's. */
async function findNamed(deps: Deps, { request, reply, typed }: Named): Promise<string> {
  const { tenantId } = await deps.tenants.find('system')
  await limit(deps, { request, reply, tenantId }, 'organisation')
  const { slug } = await deps.tenants.require(slugIn(typed))
  return slug
}

/** The name as it stands in addresses; people type it with capitals and spaces, or paste the whole address. */
function slugIn(typed: string): string {
  const [, inAddress] = /\/t\/([^/?#]*)/.exec(typed) ?? []
  return (inAddress ?? typed).trim().toLowerCase().replaceAll(/\s+/g, '-')
}

function ask(request: FastifyRequest, reply: FastifyReply, shown: Shown): FastifyReply {
  const { known = [], typed, fault, status } = shown
  const locale = pageLocale(request)
  const words = languages[locale]
  const { title, lead, label, hint, submit } = words.root
  const name = field(
    {
      name: 'organisation',
      label,
      hint,
      autocomplete: 'organization',
      value: typed?.slice(0, 200),
      first: known.length === 0,
    },
    fault,
  )
  const content = html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${known.length > 0 && before(words, known)}
<form class="stack" method="get" action="/" novalidate>
${name}
<button>${submit}</button>
</form>`
  const frame = { locale, words, title, tenant: undefined, here: chooseOrganisation }
  return sendHtml(reply, layout({ ...frame, failed: fault !== undefined }, content), status)
}

function before(words: Words, known: readonly Known[]): Html {
  const links = known.map(({ slug, name }) => html`<li class="row"><a href="/t/${slug}">${name}</a></li>`)
  return html`<h2>${words.root.before}</h2><ul class="rows">${links}</ul>`
}

const ours = /(?:^|; *)__Host-iam_(?:device_)?([0-9A-HJKMNP-TV-Z]{26})=/g

/** The tenants at which the browser is signed in or was, as far as they are still there. */
async function tenantsKnownTo(deps: Deps, { headers }: FastifyRequest): Promise<Known[]> {
  const named = [...(headers.cookie ?? '').matchAll(ours)].map(([, ulid]) => `ten_${ulid}` as const)
  const ids = [...new Set(named)].slice(0, mostKnown)
  const found = await Promise.all(ids.map((id) => nameOf(deps, id)))
  return found.filter((each) => each !== undefined)
}

async function nameOf(deps: Deps, id: Id<'ten'>): Promise<Known | undefined> {
  try {
    const { tenantId, slug } = await deps.tenants.require(id)
    const { name } = await describeTenant(deps, tenantId)
    return { slug, name }
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}
