export { normaliseEmail } from './normalise-email.ts'
export { createUser, type CreateUser } from './create-user.ts'
export { importUser, type ImportUser } from './import-user.ts'
export {
  findUser,
  findUserByEmail,
  hasRole,
  insertUser,
  insertUserKey,
  markEmailVerified,
  replaceEmail,
  userByEmail,
  userById,
  userKeyOf,
  type User,
  type UserStatus,
} from './queries.ts'
export { newUserKey, sealPersonal, type SealedUserKey } from './personal.ts'
export { readProfile, type Profile } from './read-profile.ts'
