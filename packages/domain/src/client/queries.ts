import { build, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { firstPartyClientId } from './first-party-client.ts'

/** What a client's tokens are for and how long they live, in seconds. */
export interface ClientSettings {
  readonly id: Id<'cli'>
  readonly audience: string
  readonly scope: string
  readonly accessTokenSeconds: number
  readonly refreshIdleSeconds: number
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
    ])
    .where('tenant_id', '=', tenantId)
    .where('handle', '=', 'first-party')
    .$castTo<ClientSettings>()
    .compile()
}
