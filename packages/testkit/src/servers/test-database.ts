import { randomBytes } from 'node:crypto'
import type { LoginName } from '@iam/local-stack/postgres'
import pg from 'pg'
import type { Services } from './start-servers.ts'

export interface TestDatabase {
  readonly name: string
  urlFor(role: LoginName): string
}

/** A fresh copy of the template: migrated and bootstrapped. It goes with the server, so nobody drops it. */
export async function testDatabase(services: Services): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = new pg.Client({ connectionString: services.postgresUrl })
  await admin.connect()
  try {
    await admin.query(`create database ${name} template iam_template strategy file_copy owner iam_owner`)
  } finally {
    await admin.end()
  }
  return { name, urlFor: (role) => `postgres://${role}@127.0.0.1:${services.postgresPort}/${name}` }
}
