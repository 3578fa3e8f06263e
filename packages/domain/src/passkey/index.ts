export { beginPasskeyLogin, passkeyOptionsFor, type PasskeyRequest } from './begin-passkey-login.ts'
export {
  beginPasskey,
  passkeyCreationFor,
  type BeginPasskey,
  type PasskeyDeps,
  type PasskeySetup,
} from './begin-passkey.ts'
export { checkPasskey, type CheckedPasskey } from './check-passkey.ts'
export type { AssertionJson, RegistrationJson } from './credential-json.ts'
export { mostPasskeys } from './passkey.ts'
export { planPasskey, type PlanPasskey } from './plan-passkey.ts'
export { planRegistration, type PlannedPasskey } from './plan-registration.ts'
export { forgetPasskeys, hasPasskeys, passkeyRefused } from './queries.ts'
export { relatedOriginsAt } from './related-origins.ts'
export { relyingPartyOf, type RelyingParty } from './relying-party.ts'
