import { Refusal, type Id } from '@iam/domain/kit'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { hidden } from './routes-are-hidden.ts'

/**
 * The address without a tenant leads to the tenant that the browser knows, where it knows exactly one.
 * @throws Refusal `tenant_unknown`.
 */
export function rootPage(app: App, deps: Deps): void {
  app.get('/', hidden, async (request, reply) => {
    const [tenantId, ...others] = tenantsKnownTo(request)
    if (tenantId === undefined || others.length > 0) throw new Refusal('tenant_unknown')
    const { slug } = await deps.tenants.require(tenantId)
    return reply.redirect(`/t/${slug}`, 303)
  })
}

const ours = /(?:^|; *)__Host-iam_(?:device_)?([0-9A-HJKMNP-TV-Z]{26})=/g

/** The tenants at which the browser is signed in or was. */
function tenantsKnownTo({ headers }: FastifyRequest): Id<'ten'>[] {
  const found = [...(headers.cookie ?? '').matchAll(ours)].map(([, ulid]) => `ten_${ulid}` as const)
  return [...new Set(found)]
}
