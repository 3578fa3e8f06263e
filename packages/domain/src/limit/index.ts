export { countRequest, type CountRequest } from './count-request.ts'
export type { Limiter, Rule } from './limiter.ts'
export { limits, type Limit, type LimitedBy, type LimitName } from './limits.ts'
export { limitKey, takePoint, type Counted, type LimitDeps, type TakePoint } from './take-point.ts'
