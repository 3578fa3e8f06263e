export { HashAdmission, type HashAdmissionLimits } from './hash-admission.ts'
export {
  checkPassword,
  hashPassword,
  type PasswordHasher,
  type Passwords,
  type StoredPassword,
} from './passwords.ts'
export { requireAcceptable } from './require-acceptable.ts'
export { credentialOf, insertCredential, replaceCredential } from './queries.ts'
