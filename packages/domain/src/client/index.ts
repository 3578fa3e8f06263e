export { firstPartyClientId } from './first-party-client.ts'
export { firstPartyClient, insertFirstPartyClient, type ClientSettings } from './queries.ts'
