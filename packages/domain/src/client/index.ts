export { firstPartyClientId } from './first-party-client.ts'
export {
  pinned,
  pinStream,
  pinTokenAlgorithm,
  setTokenAlgorithm,
  type PinTokenAlgorithm,
} from './pin-token-algorithm.ts'
export {
  firstPartyClient,
  insertFirstPartyClient,
  listAudienceAlgs,
  listClientAlgs,
  type ClientSettings,
} from './queries.ts'
