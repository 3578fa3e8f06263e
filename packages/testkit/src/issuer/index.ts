export { IssuerKey, type Minting } from './issuer-key.ts'
export { StandInIssuer, type StatusListChanges } from './stand-in-issuer.ts'
