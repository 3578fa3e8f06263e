import type { AnchorRotation } from '@iam/domain/anchor-rotation'
import type { InspectedKey, InspectedKeySet } from '@iam/domain/key-set'
import type { VerifiedKeySet } from './key-set-verify.ts'

const time = (seconds: number) => new Date(seconds * 1000).toISOString()

/** A key set in lines: the document first, then a line on each key. */
export function describeKeySet({ fault, anchor, claims, age, expiresIn, keys }: InspectedKeySet): string[] {
  if (claims === undefined) return ['This is no signed key set.']
  const { iss, version, parts, revoked = [], next_rotation: next, next_anchor: anchorToCome } = claims
  const regions = Object.entries(parts ?? {}).map(([region, part]) => `${region}=${part}`)
  return [
    `${iss}  version ${version}  parts ${regions.join(',')}`,
    `signed by ${anchor.kid ?? 'nobody'} ${age} s ago; expires in ${expiresIn} s`,
    fault === undefined ? 'Verifiers take it.' : `Verifiers refuse it: ${fault}.`,
    next === undefined ? 'No rotation is foreseen yet.' : `Another key is to sign from ${time(next)} on.`,
    ...(anchorToCome === undefined
      ? []
      : [
          `${anchorToCome.kid} is to sign the set from ${time(anchorToCome.from)} on, its spare is ${anchorToCome.spare}.`,
        ]),
    ...(revoked.length === 0 ? [] : [`Given up: ${revoked.join(', ')}`]),
    ...keys.map(describeKey),
  ]
}

function describeKey({ kid, alg, endorsed, purpose, signUntil, verifyUntil }: InspectedKey): string {
  if (!endorsed || signUntil === undefined || verifyUntil === undefined) return `${kid}  ${alg}  not endorsed`
  return `${kid}  ${alg}  ${purpose}  endorsed: signs until ${time(signUntil)}, verifies until ${time(verifyUntil)}`
}

/** What holds and what does not, a line each. */
export function describeChecks({ checks, holds }: VerifiedKeySet): string[] {
  const lines = checks.map(
    ({ check, holds: is, detail }) => `${is ? 'ok   ' : 'WRONG'}  ${check.padEnd(9)}  ${detail}`,
  )
  return [...lines, holds ? 'The key set holds.' : 'The key set does not hold.']
}

/** What a rotation of anchors comes to, and what has to be pinned until it and after it. */
export function describeAnchorRotation(
  { from, to, spare, switchAt }: AnchorRotation,
  isDryRun: boolean,
): string[] {
  const verb = isDryRun ? 'would sign' : 'signs'
  return [
    `${to} ${verb} the key set from ${switchAt.toISOString()} on; ${from} until then, and never again.`,
    'Pin before then, wherever the key set is verified (iam-jwks, and services that pin it):',
    `IAM_JWKS_ANCHORS=${from},${to},${spare}`,
    'and after it:',
    `IAM_JWKS_ANCHORS=${to},${spare}`,
  ]
}

/** What taking an announced anchor back comes to. */
export function describeCancelledAnchor({ from, to, switchAt }: AnchorRotation, isDry: boolean): string[] {
  const done = isDry ? 'would not' : 'does not'
  return [`${to} ${done} follow ${from} at ${switchAt.toISOString()}: it stays the spare, as pinned.`]
}
