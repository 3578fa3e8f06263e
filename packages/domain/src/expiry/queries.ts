import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { Expiring } from './steps.ts'

type Thing = Pick<Expiring, 'kind' | 'id' | 'endsAt'>

/** The steps that were told of a thing with this end. */
export async function stepsTold(db: Executor, { kind, id, endsAt }: Thing): Promise<number[]> {
  const found = await sql<{ days: number }>`
    select days from iam.expiry_notice where kind = ${kind} and thing = ${id} and ends_at = ${endsAt}`.execute(
    db,
  )
  return found.rows.map((row) => row.days)
}

/** Notes steps as told. @returns those that nobody had noted. */
export async function noteSteps(
  db: Executor,
  { kind, id, endsAt, days, at }: Thing & { readonly days: readonly number[]; readonly at: Date },
): Promise<number[]> {
  const noted = await sql<{ days: number }>`
    insert into iam.expiry_notice (kind, thing, ends_at, days, noticed_at)
    select ${kind}, ${id}, ${endsAt}, days, ${at} from unnest(${days}::smallint[]) as s (days)
    on conflict do nothing
    returning days`.execute(db)
  return noted.rows.map((row) => row.days)
}
