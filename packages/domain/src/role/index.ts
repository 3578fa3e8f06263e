export { deleteRole, forgetRoles, hasRole, insertRole, othersHold, rolesOf } from './queries.ts'
export { requireRole, type Administrator, type RequireRole } from './require-role.ts'
export { rankOf, roles, type Role } from './role.ts'
