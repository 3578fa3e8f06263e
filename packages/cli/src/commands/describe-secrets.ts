import type { SecretRotated } from '@iam/domain/secret-key'
import type { ListedSecret, SecretsDestroyed } from './secrets.ts'

/** A line on a version of a secret. */
export function describeSecret(secret: ListedSecret): string {
  const { purpose, version, state, activateAt } = secret
  const name = `${purpose} ${version}`.padEnd(14)
  return `${name}  ${state.padEnd(7)}  makes from ${activateAt.toISOString()}; ${whatNext(secret)}`
}

function whatNext({ state, nextAt, keptUntil, neededBy }: ListedSecret): string {
  if (state !== 'old')
    return nextAt === null ? 'no next one by the clock' : `the next is made ${nextAt.toISOString()}`
  const needs = neededBy.map(({ what, rows }) => `${rows} ${what}`)
  const until = keptUntil === null ? 'kept' : `kept until ${keptUntil.toISOString()}`
  return needs.length === 0 ? until : `${until}, and while needed by ${needs.join(' and ')}`
}

/** What a rotation comes to, in a sentence. */
export function describeSecretRotation(rotated: SecretRotated, isDryRun: boolean): string {
  const { purpose, version, activateAt, replaces, keptUntil } = rotated
  const verb = isDryRun ? 'would make' : 'makes'
  return (
    `${purpose} ${version} ${verb} from ${activateAt.toISOString()} on. What ${purpose} ${replaces} made is read until ` +
    `${keptUntil.toISOString()} at least.`
  )
}

/** What destroying comes to, in a sentence. */
export function describeDestroyed({ purpose, versions }: SecretsDestroyed, isDryRun: boolean): string {
  const verb = isDryRun ? 'would be' : 'is'
  return `${purpose} ${versions.join(', ')} ${verb} destroyed: what it made is worth nothing any more, for good.`
}
