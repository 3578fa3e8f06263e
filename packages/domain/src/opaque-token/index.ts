export { claimedTenant } from './claimed-tenant.ts'
export {
  mintOpaqueToken,
  type MintedToken,
  type MintOpaqueToken,
  type OpaqueTokenType,
} from './mint-opaque-token.ts'
export { readOpaqueToken, type OpaqueToken } from './read-opaque-token.ts'
