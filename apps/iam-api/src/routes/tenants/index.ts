import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { auditEventsRoute } from './audit-events.ts'
import { policyWhatIfRoute } from './policy-what-if.ts'
import { policyRoutes } from './policy.ts'
import { tenantRoutes } from './tenants.ts'
import { usersRoutes } from './users.ts'
import { tokenAlgorithmsRoutes } from './token-algorithms.ts'
import { dataRequestRoutes } from './users/data-requests.ts'
import { userLoginsRoute } from './users/logins.ts'
import { userTokenReusesRoute } from './users/token-reuses.ts'
import { userDevicesRoutes } from './users/devices.ts'
import { userFactorsRoutes } from './users/mfa-factors.ts'
import { passwordResetRoute } from './users/password-reset.ts'
import { rolesRoutes } from './users/roles.ts'
import { userSessionsRoutes } from './users/sessions.ts'
import { standingRoutes } from './users/standing.ts'
import { userRoutes } from './users/user.ts'

/** What administrators do in a tenant, and operators in any: everything under /api/v1/tenants. */
export function tenantsRoutes(app: App, deps: Deps): void {
  tenantRoutes(app, deps)
  policyRoutes(app, deps)
  policyWhatIfRoute(app, deps)
  tokenAlgorithmsRoutes(app, deps)
  auditEventsRoute(app, deps)
  usersRoutes(app, deps)
  userRoutes(app, deps)
  standingRoutes(app, deps)
  rolesRoutes(app, deps)
  passwordResetRoute(app, deps)
  userSessionsRoutes(app, deps)
  userFactorsRoutes(app, deps)
  userDevicesRoutes(app, deps)
  dataRequestRoutes(app, deps)
  userLoginsRoute(app, deps)
  userTokenReusesRoute(app, deps)
}
