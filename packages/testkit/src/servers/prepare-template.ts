import type { LoginName } from '@iam/local-stack/postgres'
import pg from 'pg'
import { bootstrapForTests } from '../world/bootstrap-for-tests.ts'
import { migrate } from './migrate.ts'

/**
 * Migrates and bootstraps the template database, and lets tests move its clock: `iam.now()` is the wall clock
 * plus what the test says. Only the owner can do that, and only here is it done.
 */
export async function prepareTemplate(urlFor: (role: LoginName) => string): Promise<void> {
  await migrate(urlFor('iam_owner'))
  const owner = new pg.Client({ connectionString: urlFor('iam_owner') })
  await owner.connect()
  try {
    await owner.query(`
      create table iam.test_clock (ahead interval not null);
      insert into iam.test_clock values ('0');
      grant select on iam.test_clock to iam_api, iam_worker;
      create or replace function iam.now() returns timestamptz language sql volatile parallel safe
        as 'select clock_timestamp() + ahead from iam.test_clock'`)
  } finally {
    await owner.end()
  }
  await bootstrapForTests(urlFor('iam_owner'))
}
