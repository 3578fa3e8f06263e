import { sql } from 'kysely'
import { build, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { SigningAlg } from '../key-set/index.ts'
import { firstPartyClientId } from './first-party-client.ts'

/** What a client's tokens are for and how long they live, in seconds. */
export interface ClientSettings {
  readonly id: Id<'cli'>
  readonly audience: string
  readonly scope: string
  readonly accessTokenSeconds: number
  readonly refreshIdleSeconds: number
  /** What its access tokens are signed with, where client or audience are pinned to an algorithm. */
  readonly accessTokenAlg: SigningAlg | null
}

/** Adds a tenant's built-in client: access tokens of 15 minutes, refreshed at least once an hour. */
export async function insertFirstPartyClient(
  db: Executor,
  client: { tenantId: Id<'ten'>; audience: string },
  now: Date,
): Promise<void> {
  await db
    .insertInto('iam.client')
    .values({
      tenant_id: client.tenantId,
      id: firstPartyClientId(client.tenantId),
      handle: 'first-party',
      name: 'Built-in client',
      audience: client.audience,
      scope: 'openid',
      access_token_seconds: 900,
      refresh_idle_seconds: 3600,
      created_at: now,
    })
    .execute()
}

/** What the tenant's built-in client fixes for its tokens. */
export function firstPartyClient(tenantId: Id<'ten'>) {
  return build
    .selectFrom('iam.client')
    .select([
      'id',
      'audience',
      'scope',
      'access_token_seconds as accessTokenSeconds',
      'refresh_idle_seconds as refreshIdleSeconds',
      sql`iam.token_alg(tenant_id, id, audience)`.as('accessTokenAlg'),
    ])
    .where('tenant_id', '=', tenantId)
    .where('handle', '=', 'first-party')
    .$castTo<ClientSettings>()
    .compile()
}

/** Pins a client's access tokens to an algorithm, or to none. @returns false where there is no such client. */
export async function setClientAlg(
  db: Executor,
  { tenantId, handle, alg }: { tenantId: Id<'ten'>; handle: string; alg: SigningAlg | null },
): Promise<boolean> {
  const set = await db
    .updateTable('iam.client')
    .set({ access_token_alg: alg })
    .where('tenant_id', '=', tenantId)
    .where('handle', '=', handle)
    .executeTakeFirst()
  return set.numUpdatedRows === 1n
}

/** Pins the access tokens for an audience to an algorithm. */
export async function setAudienceAlg(
  db: Executor,
  { tenantId, audience, alg, at }: { tenantId: Id<'ten'>; audience: string; alg: SigningAlg; at: Date },
): Promise<void> {
  const pin = { access_token_alg: alg, updated_at: at }
  await db
    .insertInto('iam.audience')
    .values({ tenant_id: tenantId, audience, ...pin })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'audience']).doUpdateSet(pin))
    .execute()
}

/** Leaves the access tokens for an audience to their clients. */
export async function deleteAudienceAlg(
  db: Executor,
  { tenantId, audience }: { tenantId: Id<'ten'>; audience: string },
): Promise<void> {
  await db
    .deleteFrom('iam.audience')
    .where('tenant_id', '=', tenantId)
    .where('audience', '=', audience)
    .execute()
}

/** Clients that are pinned to an algorithm as their audience is. */
export async function listPinnedTwice(
  db: Executor,
  tenantId: Id<'ten'>,
): Promise<
  {
    readonly handle: string
    readonly audience: string
    readonly own: string | null
    readonly theirs: string
  }[]
> {
  return db
    .selectFrom('iam.client as c')
    .innerJoin('iam.audience as a', (on) =>
      on.onRef('a.tenant_id', '=', 'c.tenant_id').onRef('a.audience', '=', 'c.audience'),
    )
    .select(['c.handle', 'c.audience', 'c.access_token_alg as own', 'a.access_token_alg as theirs'])
    .where('c.tenant_id', '=', tenantId)
    .where('c.access_token_alg', 'is not', null)
    .execute()
}

/** What a tenant's clients are pinned to, by their handles; null where that is left to audience and deployment. */
export async function listClientAlgs(
  db: Executor,
  tenantId: Id<'ten'>,
): Promise<{ readonly client: string; readonly audience: string; readonly alg: SigningAlg | null }[]> {
  return db
    .selectFrom('iam.client')
    .select(['handle as client', 'audience', 'access_token_alg as alg'])
    .where('tenant_id', '=', tenantId)
    .orderBy('handle')
    .$castTo<{ client: string; audience: string; alg: SigningAlg | null }>()
    .execute()
}

/** The audiences that are pinned in a tenant. */
export async function listAudienceAlgs(
  db: Executor,
  tenantId: Id<'ten'>,
): Promise<{ readonly audience: string; readonly alg: SigningAlg }[]> {
  return db
    .selectFrom('iam.audience')
    .select(['audience', 'access_token_alg as alg'])
    .where('tenant_id', '=', tenantId)
    .orderBy('audience')
    .$castTo<{ audience: string; alg: SigningAlg }>()
    .execute()
}
