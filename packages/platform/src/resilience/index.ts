export { Breaker, type BreakerOptions, OpenBreakerError } from './breaker.ts'
export { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts'
