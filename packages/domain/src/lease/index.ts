export { endLease, holdLease, releaseLease, requireLease, type HeldLease } from './queries.ts'
