export {
  endUserSessions,
  listUserSessions,
  type SessionView,
} from './administer-sessions.ts'
export { type AdministrationDeps, type AdministrativeCall } from './administer.ts'
export type { UserCall } from './administer-user.ts'
export { grantRole, revokeRole, type RoleCall } from './change-roles.ts'
export { addTenant, type AddTenantCall } from './add-tenant.ts'
export { changePolicy, readPolicy, type ChangePolicy, type PolicyView } from './change-policy.ts'
export { changeUser, type ChangeUser } from './change-user.ts'
export { eraseUser } from './erase-user.ts'
export { listUserLogins, type LoginView } from './list-logins.ts'
export { tryPolicy, type PolicyTrial, type TryPolicy } from './try-policy.ts'
export { inviteUser, type InviteUser } from './invite-user.ts'
export { lockUser } from './lock-user.ts'
export { mailPasswordReset } from './mail-password-reset.ts'
export { reactivateUser } from './reactivate-user.ts'
export { listTenants, readTenant, type ListTenants, type TenantView } from './read-tenants.ts'
export { listUsers, readUser, type ListUsers } from './read-users.ts'
export { reactivateTenant, suspendTenant } from './set-tenant-status.ts'
export { suspendUser } from './suspend-user.ts'
export { unlockUser } from './unlock-user.ts'
export type { UserView } from './view-user.ts'
