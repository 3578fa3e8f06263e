import type { Compromise } from '@iam/domain/signing-key'
import type { ListedKey } from './keys.ts'

/** A line on a key. */
export function describeKey({
  kid,
  purpose,
  alg,
  state,
  custody,
  activateAt,
  signUntil,
  verifyUntil,
}: ListedKey): string {
  const since = activateAt === null ? 'never signed' : `signs since ${activateAt.toISOString()}`
  return `${kid}  ${purpose}  ${alg}  ${state.padEnd(9)}  ${custody.padEnd(7)}  ${since}; signs until ${signUntil.toISOString()}, verifies until ${verifyUntil.toISOString()}`
}

/** What giving a key up comes to, in sentences. */
export function describeCompromise(given: Compromise, isDryRun: boolean): string[] {
  const [is, does] = isDryRun ? ['would be', 'would sign'] : ['is', 'signs']
  return [
    `${given.kid} ${is} given up. Every instance here hears of it within seconds.`,
    given.signedSince === undefined
      ? 'It never signed, so no token can be its own.'
      : `Every access token since ${given.signedSince.toISOString()} may be forged. People stay signed in: they get other tokens when they refresh.`,
    given.signer === undefined
      ? 'No other key of its line is there to sign: nothing is issued by it until iam-worker has made one.'
      : `${given.signer} ${does} in its place from now on.`,
    ...(given.isDisabledInKms === undefined ? [] : [describeInKms(given.isDisabledInKms, isDryRun)]),
    `The last service that verifies by itself refuses its tokens by ${given.refusedEverywhereBy.toISOString()}, if it can reach the key set.`,
  ]
}

function describeInKms(isDisabled: boolean, isDryRun: boolean): string {
  if (isDryRun) return 'Its version in KMS would be disabled.'
  return isDisabled
    ? 'Its version in KMS is disabled.'
    : 'Its version in KMS could not be disabled now: iam-worker does it as soon as it can.'
}
