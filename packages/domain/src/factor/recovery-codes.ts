import { createHash, randomBytes } from 'node:crypto'
import type { Statement } from '../db/index.ts'
import { newId, type Id } from '../kit/index.ts'
import type { HeldFactor } from './factor.ts'
import { deleteFactorsOfKind, insertFactor } from './queries.ts'
import {
  insertRecoveryCodes,
  recoveryCodesChanged,
  requireRecoveryCodesAsPlanned,
} from './recovery-queries.ts'

const howMany = 10
const groups = 3
const groupLength = 5
/** Crockford's: without letters that look like digits, or like each other. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Fresh recovery codes: ten of 75 random bits each, to be shown once. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: howMany }, newCode)
}

function newCode(): string {
  const letters = [...randomBytes(groups * groupLength)].map((byte) => alphabet[byte % alphabet.length])
  const group = (n: number) => letters.slice(n * groupLength, (n + 1) * groupLength).join('')
  return Array.from({ length: groups }, (_, n) => group(n)).join('-')
}

/**
 * What is stored of a recovery code, however it is spelt: case, spaces and dashes do not count, and letters that look
 * like a digit are that digit. So many bits need no slow hash (NIST SP 800-63B-4 3.1.2.2).
 */
export function recoveryCodeHash(
  person: { readonly tenantId: string; readonly userId: string },
  typed: string,
) {
  const code = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  return createHash('sha256')
    .update(['iam/recovery-code/v1', person.tenantId, person.userId, code].join('\0'))
    .digest()
}

/** Recovery codes to be shown once, and what stores their hashes in place of the ones before. */
export function planRecoveryCodes({
  tenantId,
  userId,
  at,
}: {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly at: Date
}): {
  readonly id: Id<'mfa'>
  readonly codes: readonly string[]
  readonly statements: readonly Statement<unknown>[]
} {
  const person = { tenantId, userId }
  const id = newId('mfa', at)
  const codes = newRecoveryCodes()
  const hashes = codes.map((code) => recoveryCodeHash(person, code))
  return {
    id,
    codes,
    statements: [
      deleteFactorsOfKind(person, 'recovery'),
      insertFactor({ ...person, id, kind: 'recovery', name: null, secret: null, at, confirmed: true }),
      insertRecoveryCodes({ tenantId, id, hashes }),
    ],
  }
}

/**
 * The recovery codes that come with a person's first factor, and what makes a flight fail where somebody else was given
 * theirs meanwhile: whoever is told codes is told those that count.
 * @param held the person's confirmed factors, before the one that is added.
 */
export function planFirstRecoveryCodes(
  person: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly at: Date },
  held: readonly HeldFactor[],
): { readonly codes: readonly string[] | undefined; readonly statements: readonly Statement<unknown>[] } {
  const had = held.some(({ kind }) => kind === 'recovery')
  const required = requireRecoveryCodesAsPlanned(person, had)
  if (had) return { codes: undefined, statements: [required] }
  const { codes, statements } = planRecoveryCodes(person)
  return { codes, statements: [required, ...statements] }
}

/** Plans and flies again where the person's recovery codes came or went in between. */
export async function untilCodesStand<T>(add: () => Promise<T>): Promise<T> {
  try {
    return await add()
  } catch (error) {
    if ((error as { code?: unknown }).code !== recoveryCodesChanged) throw error
    return add()
  }
}
