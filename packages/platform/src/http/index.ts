export { serveHealth, type HealthReport, type HealthServer } from './serve-health.ts'
