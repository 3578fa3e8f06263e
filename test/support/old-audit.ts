import type pg from 'pg'

/** Puts events into a tenant's audit trail, by the database's administrator: their macs are none. */
export async function insertAudit(
  admin: pg.Client,
  { tenantId, at, count, action }: { tenantId: string; at: Date; count: number; action: string },
): Promise<void> {
  await admin.query(
    `insert into iam.audit_event (tenant_id, id, occurred_at, actor_type, action, target_type, outcome, mac_key, mac)
     select $1, 'aud_' || upper(substr(md5(random()::text || n), 1, 26)), $2::timestamptz + n * interval '1 ms', 'system',
            $4, 'test', 'success', 1, sha256(n::text::bytea)
       from generate_series(1, $3::int) n`,
    [tenantId, at, count, action],
  )
}
