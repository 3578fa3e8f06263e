export {
  mostLists,
  parseStatusListId,
  slotsPerList,
  statusListId,
  statusListUri,
} from './status-list-address.ts'
