import type { Profile } from './profile.ts'

/** A server of fixed documents alone: bare node:http, or nginx. */
export const fixed: Profile = {
  has: (workload) => ['jwks', 'jwks304', 'discovery'].includes(workload),
  paths: { jwks: '/.well-known/jwks.json', discovery: '/.well-known/openid-configuration' },
}
