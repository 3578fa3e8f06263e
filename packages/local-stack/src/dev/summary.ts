import type { StackState } from '../stack/index.ts'

/** The table that `npm start` ends with: where everything is and what to try. */
export function summary(state: StackState, files: { state: string; logs: string }): string {
  const { issuer, tenant, user, operator } = state
  const places: [string, string][] = [
    ['Sign in', `${issuer}/t/${tenant.slug}/sign-in`],
    ['Issuer', issuer],
    ['Demo tenant', `${tenant.slug}  ${tenant.id}`],
    ['Demo user', `${user.email}  ${user.password}`],
    ['Operator', `${operator.email}  ${operator.password}`],
    ['Mail', state.mail.url],
    ['Postgres', state.database.url],
    ['Redis', state.redis.url],
    ['Google', `${state.kms.endpoint} (KMS, Pub/Sub), ${state.store.url} (storage)`],
    ['State', files.state],
    ['Logs', files.logs],
  ]
  const tries = [
    `curl -s ${issuer}/.well-known/openid-configuration`,
    `curl -s ${issuer}/.well-known/jwks.json`,
    `curl -s ${issuer}/api/v1/auth/login -H 'x-tenant-id: ${tenant.id}' -H 'content-type: application/json' \\\n    -d '${JSON.stringify(user)}'`,
    '(set -a; . .dev/operator.env; npm run iam -- tenant create --slug acme --name Acme)',
  ]
  const width = Math.max(...places.map(([name]) => name.length))
  return [
    ...places.map(([name, place]) => `  ${name.padEnd(width)}  ${place}`),
    '',
    'Try',
    ...tries.map((command) => `  ${command}`),
  ].join('\n')
}
