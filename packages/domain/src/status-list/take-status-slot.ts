import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

export interface StatusSlot {
  readonly shard: number
  readonly slot: number
}

const slotsPerShard = 131_072
/** Random slots tried in one statement; with the shards at most half full, all of them are taken once in 65,536 times. */
const candidates = 16
/** A slot is free again this long after its grant ended: the longest access token, and ten minutes. */
const restSeconds = 3600 + 600

/**
 * Takes a random free slot of the status lists for a grant. Random, so that a slot's number does not tell when
 * its session began. It may be left unused: it frees itself after `endsAt`.
 * @param shards how many lists the region has; kept so that at most half of the slots are taken.
 */
export async function takeStatusSlot(
  db: Executor,
  grant: { readonly tenantId: string; readonly grantId: string; readonly endsAt: Date },
  shards: number,
): Promise<StatusSlot> {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const numbers = Array.from({ length: candidates }, () => randomInt(shards * slotsPerShard))
    const taken = await sql<StatusSlot>`
      insert into iam.status_list_entry as e (shard, slot, tenant_id, grant_id, ends_at)
      select n / ${slotsPerShard}::int, n % ${slotsPerShard}::int, ${grant.tenantId}, ${grant.grantId}, ${grant.endsAt}
        from unnest(${numbers}::int[]) n
       where not exists (
         select from iam.status_list_entry t
          where t.shard = n / ${slotsPerShard}::int and t.slot = n % ${slotsPerShard}::int
            and t.ends_at > iam.now() - make_interval(secs => ${restSeconds}))
       limit 1
      on conflict (shard, slot) do update
        set tenant_id = excluded.tenant_id, grant_id = excluded.grant_id, ends_at = excluded.ends_at, revoked_at = null
        where e.ends_at <= iam.now() - make_interval(secs => ${restSeconds})
      returning shard, slot`.execute(db)
    if (taken.rows[0] !== undefined) return taken.rows[0]
  }
  throw new Error('The status lists are too full to find a free slot: raise the number of shards.')
}
