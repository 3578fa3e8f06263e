import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, escapeIdentifier, escapeLiteral } from 'pg'
import { checkout } from '../machine/checkout.ts'
import type { PostgresServer } from './start-postgres.ts'

const rolesFile = join(checkout, 'migrations/roles.sql')

/** Any number: it lets two preparations on one server wait for each other. */
const preparationLock = 7_411

/**
 * Makes the three logins of migrations/roles.sql, with the server's passwords, and a database that iam_owner
 * owns, unless they are there already. Safe to run again, and by several at once. Takes the database's name.
 */
export async function prepareDatabase(server: PostgresServer, database: string): Promise<void> {
  const client = new Client({ connectionString: server.superuserUrl })
  await client.connect()
  try {
    // For the session, because CREATE DATABASE cannot be part of a transaction.
    await client.query('select pg_advisory_lock($1)', [preparationLock])
    await client.query(readFileSync(rolesFile, 'utf8'))
    await setPasswords(client, server)
    await createDatabase(client, database)
  } finally {
    await client.end()
  }
}

async function setPasswords(client: Client, { passwords }: PostgresServer): Promise<void> {
  for (const [role, password] of Object.entries(passwords ?? {})) {
    await client.query(`alter role ${escapeIdentifier(role)} password ${escapeLiteral(password)}`)
  }
}

async function createDatabase(client: Client, database: string): Promise<void> {
  const found = await client.query('select from pg_database where datname = $1', [database])
  if (found.rowCount !== 0) return
  await client.query(`create database ${escapeIdentifier(database)} owner iam_owner`)
}
