export { firstPartyClientId } from './first-party-client.ts'
export { pinTokenAlgorithm, type PinTokenAlgorithm } from './pin-token-algorithm.ts'
export { firstPartyClient, insertFirstPartyClient, type ClientSettings } from './queries.ts'
