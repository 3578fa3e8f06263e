export { prepareDatabase } from './prepare-database.ts'
export { type LoginName, type PostgresServer, type StartPostgres, startPostgres } from './start-postgres.ts'
