export { takeStatusSlot } from './take-status-slot.ts'
export {
  publishStatusLists,
  type PublishStatusLists,
  type StatusListRound,
} from './publish-status-lists.ts'
export { growStatusLists } from './grow-status-lists.ts'
export { PublishedLists } from './published-lists.ts'
export { statusListStoreIn, type StatusListStore } from './status-list-store.ts'
