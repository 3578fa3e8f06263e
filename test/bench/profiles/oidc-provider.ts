import { seedByDoor, type Profile } from './profile.ts'

const form = {
  'content-type': 'application/x-www-form-urlencoded',
  authorization: `Basic ${Buffer.from('bench:bench-secret').toString('base64')}`,
}

/** oidc-provider, whose refresh is that of OAuth's token endpoint. */
export const oidcProvider: Profile = {
  has: (workload) => ['refresh', 'jwks', 'discovery'].includes(workload),
  paths: { jwks: '/jwks', discovery: '/.well-known/openid-configuration' },
  refresh: (send, token) =>
    send(
      'POST',
      '/token',
      form,
      new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }).toString(),
    ),
  seed: seedByDoor,
}
