export { asking, type Ask, type Reply } from './asking.ts'
export { openStandIn, type StandIn } from './open-stand-in.ts'
