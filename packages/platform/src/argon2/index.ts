export { argon2Hasher, type Argon2Parameters } from './argon2-hasher.ts'
export { letHashingGiveWay } from './let-hashing-give-way.ts'
