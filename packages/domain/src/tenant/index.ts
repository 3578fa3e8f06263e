export { addTenant, createTenant, type AddTenant, type CreateTenant } from './create-tenant.ts'
export { describeTenant, type TenantDescription } from './describe-tenant.ts'
export { requireAllowedDomain, requireMagicLinks, requirePasswordLogin } from './require-policy.ts'
export { requireSwitchable, switchTenant, type SwitchTenant } from './switch-tenant.ts'
export { TenantDirectory } from './tenant-directory.ts'
export { defaultTenantPolicy, policyBounds, readTenantPolicy, type TenantPolicy } from './tenant-policy.ts'
export {
  claimRelyingParty,
  findTenantOfRelyingParty,
  requireRelyingParty,
  type DirectoryEntry,
  findDirectoryEntry,
  findStoredPolicy,
  findTenant,
  findTenantPolicy,
  listDirectory,
  replaceTenantPolicy,
  renameTenant,
  setTenantStatus,
  tenantNameOf,
  systemTenantSlug,
  tenantPolicyOf,
  tenantSlugOf,
  type TenantNames,
} from './queries.ts'
