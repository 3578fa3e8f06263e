export { closingGracefully } from './closing-gracefully.ts'
export { listenEarly, type EarlyServer } from './listen-early.ts'
export { serveHealth, type HealthReport, type HealthServer } from './serve-health.ts'
export { readCapped } from './read-capped.ts'
