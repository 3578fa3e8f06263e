import { inTenant, run } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { gatherPersonalData, otherStores, type Section } from '../personal-data/index.ts'
import { findTenant } from '../tenant/index.ts'
import { userKeyOf, type User } from '../user/index.ts'
import type { DataRequestDeps } from './deps.ts'
import { personOf } from './person-of.ts'

/** An export: everything that is known of a person, with a table of contents. Times in RFC 3339. */
export interface ExportDocument {
  readonly format: 'iam-personal-data'
  /** Grows when a member changes its meaning; a new section or member is no new version. */
  readonly version: 1
  readonly request: { readonly id: Id<'dsr'>; readonly askedAt: string; readonly madeAt: string }
  readonly organisation: { readonly id: string; readonly name: string }
  readonly person: { readonly id: Id<'usr'>; readonly email: string; readonly locale: string }
  readonly contents: readonly (Omit<Section, 'records'> & { readonly records: number })[]
  readonly sections: Readonly<Record<string, Section['records']>>
  /** What is kept in other places than sections tell of. */
  readonly elsewhere: readonly { readonly store: string; readonly about: string; readonly exported: string }[]
}

/** Puts everything together that is known of a person; see `gatherPersonalData`. */
export async function gatherExport(
  deps: DataRequestDeps,
  { user, request, askedAt }: { readonly user: User; readonly request: Id<'dsr'>; readonly askedAt: Date },
): Promise<ExportDocument> {
  const { tenantId, id: userId, email, locale } = user
  const madeAt = deps.clock().toISOString()
  return inTenant(deps.db, { tenantId }, async (tx) => {
    const [userKey] = await run(tx, userKeyOf(tenantId, userId))
    const tenant = await findTenant(tx, tenantId)
    const gathered = await gatherPersonalData(deps, tx, { person: personOf(deps, user), userKey })
    return {
      format: 'iam-personal-data',
      version: 1,
      request: { id: request, askedAt: askedAt.toISOString(), madeAt },
      organisation: { id: tenantId, name: tenant?.name ?? '' },
      person: { id: userId, email, locale },
      contents: gathered.map(({ records, ...section }) => ({ ...section, records: records.length })),
      sections: Object.fromEntries(gathered.map(({ name, records }) => [name, records])),
      elsewhere: Object.entries(otherStores).map(([store, { about, exported }]) => ({
        store,
        about,
        exported,
      })),
    }
  })
}
