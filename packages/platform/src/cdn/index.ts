export { openCdn } from './open-cdn.ts'
export { MemoryCdn } from './memory-cdn.ts'
export type { Cdn } from './cdn.ts'
