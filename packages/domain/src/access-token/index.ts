export { mintAccessToken, type AccessTokenClaims } from './mint-access-token.ts'
export { verifyAccessToken } from './verify-access-token.ts'
export { type VerifiedToken, VerifiedTokens } from './verified-tokens.ts'
