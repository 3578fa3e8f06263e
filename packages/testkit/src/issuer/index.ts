export { IssuerKey, type Minting } from './issuer-key.ts'
export { StandInIssuer } from './stand-in-issuer.ts'
