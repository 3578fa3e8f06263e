export { createVerifier, type Verifier, type VerifierOptions } from './create-verifier.ts'
export { accessOf, fastifyGuard, nodeGuard } from './guards.ts'
export { KeysUnavailable, TokenRefused, type RefusedFor } from './refusals.ts'
export type { Access } from './access.ts'
