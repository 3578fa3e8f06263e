export { normaliseEmail } from './normalise-email.ts'
export { createUser, type CreateUser } from './create-user.ts'
export { registerUser, type RegisterUser } from './register-user.ts'
export {
  findUser,
  findUserByEmail,
  hasRole,
  markEmailVerified,
  replaceEmail,
  userByEmail,
  userKeyOf,
  type User,
  type UserStatus,
} from './queries.ts'
export { sealPersonal, type SealedUserKey } from './personal.ts'
export { readProfile, type Profile } from './read-profile.ts'
