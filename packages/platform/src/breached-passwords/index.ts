export { breachedPasswords, type BreachedPasswordsOptions } from './breached-passwords.ts'
