export { breachedAccounts, type BreachedAccountsOptions } from './breached-accounts.ts'
export { BreachSearchError } from './breach-search-error.ts'
export type { KnownBreach } from './read-breaches.ts'
