export { asking, type Ask, type Reply } from './asking.ts'
