import type { DomainEvent } from '@iam/domain/outbox'
import pg from 'pg'

/** An event like most of them: a session that was refreshed. */
export function someEvent(sessionId: string): DomainEvent {
  const userId = 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ'
  const clientId = 'cli_01BX5ZZKBKACTAV9WEVGEMMVRZ'
  return { type: 'session.refreshed', payload: { sessionId, userId, clientId, generation: 7 } }
}

/** The tenant that the stack was set up with. */
export async function anyTenant(superuserUrl: string): Promise<string> {
  return withClient(superuserUrl, async (client) => {
    const found = await client.query<{ id: string }>(
      `select tenant_id as id from iam.directory where slug = 'demo'`,
    )
    const [tenant] = found.rows
    if (tenant === undefined) throw new Error('The stack has no demo tenant.')
    return tenant.id
  })
}

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
