export { type PgbouncerServer, type StartPgbouncer, startPgbouncer } from './start-pgbouncer.ts'
