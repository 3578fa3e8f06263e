export { type AnsweredRequest, HttpMetrics } from './http-metrics.ts'
export { kmsFamilies } from './kms-families.ts'
export type { MetricFamily } from './metric-family.ts'
