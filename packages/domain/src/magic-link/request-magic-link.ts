import { appendAudit } from '../audit/index.ts'
import { inOneFlight } from '../db/index.ts'
import { newId, Refusal } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { subjectHmacOf } from '../session/index.ts'
import { readTenantPolicy, requireMagicLinks, tenantPolicyOf } from '../tenant/index.ts'
import { normaliseEmail } from '../user/index.ts'
import { sealAskedFrom } from './asked-from.ts'
import type { FromTenant, MagicLinkDeps } from './deps.ts'
import { digitsFor } from './derive.ts'
import { magicLinkSeconds, type MagicLink } from './magic-link.ts'
import { insertMagicLink, voidMagicLinks } from './queries.ts'
import { subjectOf, subjectsOf } from './subject.ts'
import { spellToken } from './tokens.ts'

export interface RequestMagicLink extends FromTenant {
  readonly email: string
  /** The language of whoever asks. */
  readonly locale: string
}

/** What the device that asked holds. */
export interface RequestedMagicLink {
  /** Its proof that it is the one that asked: shown to no other device, and stored nowhere. */
  readonly request: string
  /** Four digits for it to show: who approves the link from another device types them there. */
  readonly number: string
  readonly expiresAt: Date
}

/**
 * Has a link and a code mailed that let the address's owner in, on the device that asks. Those that were asked for the
 * address before are void. Nobody is looked up here: iam-worker finds out whether there is an account, so that neither
 * the answer nor the work tells.
 * @throws Refusal `magic_links_off`.
 */
export async function requestMagicLink(
  deps: MagicLinkDeps,
  input: RequestMagicLink,
): Promise<RequestedMagicLink> {
  const { tenantId } = input
  const [[tenant]] = await inOneFlight(deps.db, { tenantId }, [tenantPolicyOf(tenantId)])
  if (tenant === undefined) throw new Refusal('tenant_unknown')
  requireMagicLinks(readTenantPolicy(tenant.policy))
  const email = normaliseEmail(input.email)
  const link = plan(deps, input, email)
  await store(deps, input, { email, link })
  await deps.linkStates.keep(link, 'waiting')
  return {
    request: spellToken(deps, 'request', link, link.createdAt),
    number: digitsFor(deps, 'number', link),
    expiresAt: link.expiresAt,
  }
}

function plan(deps: MagicLinkDeps, { tenantId, origin }: RequestMagicLink, email: string): MagicLink {
  const createdAt = deps.clock()
  const id = newId('mgl', createdAt)
  return {
    tenantId,
    id,
    subject: subjectOf(deps, tenantId, email),
    userId: null,
    keyVersion: deps.secrets.of('one-time').current(createdAt).version,
    ...sealAskedFrom(deps, id, origin),
    createdAt,
    expiresAt: new Date(createdAt.getTime() + magicLinkSeconds * 1000),
    approvedAt: null,
  }
}

/** One flight. Requests for one address wait for each other, so that the newest voids all others. */
async function store(
  deps: MagicLinkDeps,
  { tenantId, locale, origin }: RequestMagicLink,
  { email, link }: { readonly email: string; readonly link: MagicLink },
): Promise<void> {
  const { id, subject, createdAt: at } = link
  await inOneFlight(deps.db, { tenantId, streams: [`${tenantId}:magic-link:${subject.toString('hex')}`] }, [
    voidMagicLinks({ tenantId, at }, subjectsOf(deps, tenantId, email)),
    insertMagicLink(link),
    appendAudit({
      tenantId,
      at,
      actor: { type: 'anonymous' },
      action: 'magic_link.requested',
      target: { type: 'magic_link', id },
      outcome: 'success',
      subjectHmac: subjectHmacOf(deps, tenantId, email),
      origin,
    }),
    queueMail(deps, { tenantId, template: 'magic_link', address: email, locale, params: { link: id }, at }),
  ])
}
