export {
  mostLists,
  parseStatusListId,
  slotsPerList,
  statusListId,
  statusListUri,
} from './status-list-address.ts'
export { statusListTimes, statusListTyp, type StatusListClaims } from './status-list-claims.ts'
export { packStatuses } from './pack-statuses.ts'
export { signStatusList, type StatusListSigner } from './sign-status-list.ts'
export { readStatusList, type ReadStatusList, type StatusListFault } from './read-status-list.ts'
