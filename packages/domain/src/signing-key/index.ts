export { generateSigningKey, type NewSigningKey } from './generate-signing-key.ts'
export { loadSigningKeys } from './load-signing-keys.ts'
export {
  planSigningKeys,
  signingKeyPolicy,
  type SigningKeyAction,
  type SigningKeyPolicy,
  type SigningKeySettings,
} from './plan-signing-keys.ts'
export { compromiseSigningKey, type Compromise } from './compromise-signing-key.ts'
export { rotateSigningKey, type Rotation } from './rotate-signing-key.ts'
export {
  activateSigningKey,
  insertSigningKey,
  listRevokedKids,
  listSigningKeys,
  markPublished,
  moveSigningKey,
  type SigningKeyRow,
  type SigningKeyState,
} from './queries.ts'
export { generateSigningKeyPair } from './generate-key-pair.ts'
export { signInKms, type KmsSigning } from './kms-signing.ts'
export { RecentTokens, type MintedToken } from './recent-tokens.ts'
export { SigningPace } from './signing-pace.ts'
export { isSignatureOf, signerIn, type Sign } from './jws-signature.ts'
export { statusLine, tokenLines, type SigningKeyLine, type TendedLine } from './line.ts'
export { endorsedKey } from './endorsed-key.ts'
export { requireSigner } from './require-signer.ts'
export { accessTokenHeader, type LoadedSigningKey, type Signer, SigningKeys } from './signing-keys.ts'
export type { EndVersions, ListedVersion, VersionedKey } from './versioned-key.ts'
export { keySetStoreIn, type KeySetStore, type ObjectStore } from './key-set-store.ts'
export { publishKeySet, type PublishKeySet } from './publish-key-set.ts'
export { tendSigningKeys, type TendSigningKeys } from './tend-signing-keys.ts'
export { ageOfKeySet, type KeySetAge } from './age-of-key-set.ts'
export { purgeKeySet } from './purge-key-set.ts'
export { takeRegionPart, type RegionPins } from './region-parts.ts'
