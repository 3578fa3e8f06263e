export { migrate } from './migrate.ts'
export { startServers, type Services } from './start-servers.ts'
export { testDatabase, type TestDatabase } from './test-database.ts'
