export { checkPassword, type CheckPassword } from './check-password.ts'
export { decoyFor } from './decoy.ts'
export { hashPassword } from './hash-password.ts'
export type {
  BreachedPasswords,
  CommonPasswords,
  ForeignVerifier,
  NewPassword,
  PasswordDeps,
  PasswordHasher,
  PasswordReport,
  Passwords,
  StoredPassword,
} from './passwords.ts'
export { prepareNewPassword, type PrepareNewPassword } from './prepare-new-password.ts'
export { readImportedHash, type KeycloakHash } from './read-imported-hash.ts'
export { passwordFaults, type PasswordFault } from './refuse-password.ts'
export { recheckBreach, breachRecheckDays, type RecheckBreach } from './recheck-breach.ts'
export { RecheckBudget } from './recheck-budget.ts'
export { rehashWhenIdle, type Rehash } from './rehash.ts'
export { storePassword, type StorePassword } from './store-password.ts'
export {
  countByPepper,
  credentialMixOf,
  credentialOf,
  deleteCredentials,
  insertCredential,
  isPepperNamed,
  markExposed,
  type PresentPassword,
} from './queries.ts'
