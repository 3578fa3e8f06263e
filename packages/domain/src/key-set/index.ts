export { anchorOf } from './anchor-of.ts'
export { cacheHorizon, keySetCaching, keySetPaths, type Verifiers } from './caching.ts'
export {
  endorsementTyp,
  readEndorsement,
  type Endorsement,
  type EndorsedKey,
  type KeyPurpose,
} from './endorsement.ts'
export { signAnchored, type AnchorSigner } from './sign-anchored.ts'
export { strictHeader } from './strict-header.ts'
export { verifyAnchored } from './verify-anchored.ts'
export {
  buildKeySet,
  keySetTyp,
  type BuildKeySet,
  type KeySetClaims,
  type NextAnchor,
} from './build-key-set.ts'
export { inspectKeySet, type InspectedKey, type InspectedKeySet } from './inspect-key-set.ts'
export { readKeySet, type KeySet, type KeySetFault, type ReadKeySet } from './read-key-set.ts'
export { providerMetadata, type ProviderMetadata } from './provider-metadata.ts'
export { isKeyFor, signingAlgs, type SigningAlg } from './signing-alg.ts'
export { requiredMembers, thumbprint, type PublicJwk } from './thumbprint.ts'
export {
  anchorKeyOf,
  digestOf,
  readHistoricalKeys,
  signHistoricalKeys,
  type HistoricalKey,
  type HistoryFault,
} from './historical-keys.ts'
