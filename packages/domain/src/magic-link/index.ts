export { approveMagicLink, type ApproveMagicLink } from './approve-magic-link.ts'
export type { AskedFrom } from './asked-from.ts'
export type { MagicProof } from './authenticate-with-magic-link.ts'
export { checkMagicLink, type CheckedMagicLink } from './check-magic-link.ts'
export type { MagicLinkDeps } from './deps.ts'
export { forgetMagicLinks } from './forget-magic-links.ts'
export { LinkStates } from './link-states.ts'
export {
  logInBrowserWithMagicLink,
  logInWithMagicLink,
  type LogInBrowserWithMagicLink,
  type LogInWithMagicLink,
} from './log-in-with-magic-link.ts'
export { magicLinkSeconds, type MagicLinkStatus } from './magic-link.ts'
export { mailMagicLink, type MailedMagicLink } from './mail-magic-link.ts'
export { deleteOldMagicLinks } from './queries.ts'
export {
  requestMagicLink,
  type RequestedMagicLink,
  type RequestMagicLink,
} from './request-magic-link.ts'
export { isOwnLink, viewMagicLink, type ViewedMagicLink } from './view-magic-link.ts'
export { subjectsOf } from './subject.ts'
