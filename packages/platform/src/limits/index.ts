export { openLimiter } from './open-limiter.ts'
export type { Limiter, Rule, Taken } from './limiter.ts'
