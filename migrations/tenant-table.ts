import { type Kysely, sql } from 'kysely'

/**
 * Puts a table behind row-level security: rows are seen and written only under their own tenant, by every
 * login, the owner included. Unset or empty `app.tenant_id` matches nothing, because ids are never empty.
 * NOTE: part of migrations that have run; what it does may never change.
 * @param table the table's name inside schema `iam`; it has a `tenant_id` column.
 */
export async function isolateByTenant(db: Kysely<unknown>, table: string): Promise<void> {
  const name = sql.table(`iam.${table}`)
  await sql`alter table ${name} enable row level security`.execute(db)
  await sql`alter table ${name} force row level security`.execute(db)
  await sql`
    create policy tenant on ${name}
      using (tenant_id = current_setting('app.tenant_id', true))
      with check (tenant_id = current_setting('app.tenant_id', true))
  `.execute(db)
}
