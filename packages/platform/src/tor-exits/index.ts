export { fetchTorExits } from './fetch-tor-exits.ts'
export { TorExitList } from './tor-exit-list.ts'
