export { isUnavailable } from './is-unavailable.ts'
export { openPostgres, type Postgres, type PostgresOptions, type Sent } from './open-postgres.ts'
