export { TorExitList } from './tor-exit-list.ts'
