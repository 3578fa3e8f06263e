import type { Deps } from '../deps.ts'
import type { App } from '../app.ts'
import { deviceRoutes } from './auth/device.ts'
import { passkeyRoutes } from './auth/passkey.ts'
import { mfaChallengeRoute } from './auth/mfa/challenge.ts'
import { enrolPasskeyRoutes } from './auth/mfa/enrol/passkey.ts'
import { passwordRoutes } from './auth/password.ts'
import { emailLinkRoutes } from './auth/email.ts'
import { verifyEmailRoutes } from './auth/verify-email.ts'
import { magicLinkRoutes } from './auth/magic-link.ts'
import { loginRoute } from './auth/login.ts'
import { logoutAllRoute } from './auth/logout-all.ts'
import { logoutRoute } from './auth/logout.ts'
import { mfaRoutes } from './auth/mfa.ts'
import { refreshRoute } from './auth/refresh.ts'
import { registerRoute } from './auth/register.ts'
import { sessionRoute } from './auth/session.ts'
import { stepUpRoute } from './auth/step-up.ts'
import { errorsRoute } from './errors.ts'
import { dataExportsRoute } from './data-exports.ts'
import { healthRoutes } from './health.ts'
import { meRoute } from './me.ts'
import { dataExportRoutes } from './me/data-export.ts'
import { devicesRoutes } from './me/devices.ts'
import { emailRoutes } from './me/email.ts'
import { mfaFactorsRoutes } from './me/mfa-factors.ts'
import { sessionsRoutes } from './me/sessions.ts'
import { passkeysRoutes } from './me/passkeys.ts'
import { openApiRoute } from './openapi.ts'
import { relatedOriginsRoute } from './related-origins.ts'
import { tenantsRoutes } from './tenants/index.ts'

/** Every route of iam-api. A path leads to its file: POST /api/v1/auth/login is `auth/login.ts`. */
export function registerRoutes(app: App, deps: Deps): void {
  healthRoutes(app, deps)
  registerRoute(app, deps)
  verifyEmailRoutes(app, deps)
  loginRoute(app, deps)
  magicLinkRoutes(app, deps)
  mfaRoutes(app, deps)
  passkeyRoutes(app, deps)
  deviceRoutes(app, deps)
  mfaChallengeRoute(app, deps)
  enrolPasskeyRoutes(app, deps)
  passkeysRoutes(app, deps)
  relatedOriginsRoute(app, deps)
  passwordRoutes(app, deps)
  refreshRoute(app, deps)
  logoutRoute(app, deps)
  logoutAllRoute(app, deps)
  sessionRoute(app, deps)
  stepUpRoute(app, deps)
  meRoute(app, deps)
  emailRoutes(app, deps)
  emailLinkRoutes(app, deps)
  sessionsRoutes(app, deps)
  mfaFactorsRoutes(app, deps)
  devicesRoutes(app, deps)
  dataExportRoutes(app, deps)
  dataExportsRoute(app, deps)
  tenantsRoutes(app, deps)
  errorsRoute(app, deps)
  openApiRoute(app)
}
