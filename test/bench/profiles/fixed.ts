import type { Profile } from './profile.ts'

/** A server of the key set alone: bare node:http, or nginx. */
export const fixed: Profile = {
  has: (workload) => ['jwks', 'jwks304'].includes(workload),
  paths: { jwks: '/.well-known/jwks.json' },
}
