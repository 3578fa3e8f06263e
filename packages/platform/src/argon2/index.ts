export { argon2Hasher, type Argon2Parameters } from './argon2-hasher.ts'
