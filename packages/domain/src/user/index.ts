export { normaliseEmail } from './normalise-email.ts'
export { confirmEmail } from './confirm-email.ts'
export { createUser, type CreateUser } from './create-user.ts'
export { importUser, type ImportUser } from './import-user.ts'
export {
  endTrust,
  findUser,
  findUserByEmail,
  findUsers,
  insertUser,
  insertUserKey,
  markEmailVerified,
  replaceEmail,
  requireTrustEnd,
  setUserLocale,
  setUserStatus,
  stepUpSinceOf,
  trustEndOf,
  userByEmail,
  userById,
  userKeyOf,
  type NewUser,
  setRoles,
  type User,
  type UsersWanted,
  type UserStatus,
} from './queries.ts'
export { countByDataKey, isDataKeyNamed } from './key-queries.ts'
export { forgetUser } from './forget-user.ts'
export { newUserKey, personalOpener, sealPersonal, type SealedUserKey } from './personal.ts'
export { readProfile, type Profile } from './read-profile.ts'
export { rewrapUserKeys, type Rewrapped, type RewrapUserKeys } from './rewrap-user-keys.ts'
