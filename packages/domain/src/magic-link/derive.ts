import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { SecretRings } from '../secret-key/index.ts'
import type { MagicLinkName } from './magic-link.ts'

type Deps = { readonly secrets: SecretRings }

/** What is mailed (`link`, `code`), and what the device that asked holds (`request`) and shows (`number`). */
export type MagicLinkUse = 'link' | 'code' | 'request' | 'number'

const digitsOf = { code: 8, number: 4 } as const

/** The 32 bytes in a token. @returns undefined when their key is not held (any more). */
export function secretOf(
  { secrets }: Deps,
  use: 'link' | 'request',
  name: MagicLinkName,
): Buffer | undefined {
  const key = secrets.of('one-time').byVersion(name.keyVersion)
  return key === undefined ? undefined : derive(key, use, name)
}

/** The digits of a mail, or those that the device that asked shows. Of 64 bits, so that none is noticeably likelier. */
export function digitsFor({ secrets }: Deps, use: 'code' | 'number', name: MagicLinkName): string {
  const key = secrets.of('one-time').byVersion(name.keyVersion)
  if (key === undefined) throw new Error(`One-time key ${name.keyVersion} is not loaded.`)
  const length = digitsOf[use]
  return String(derive(key, use, name).readBigUInt64BE() % 10n ** BigInt(length)).padStart(length, '0')
}

/**
 * Whether these are the digits, compared in constant time. Spaces and dashes between them do not count. None are, once
 * their key was destroyed.
 */
export function fitsDigits(
  deps: Deps,
  use: 'code' | 'number',
  typed: { name: MagicLinkName; digits: string },
) {
  if (deps.secrets.of('one-time').byVersion(typed.name.keyVersion) === undefined) return false
  const right = Buffer.from(digitsFor(deps, use, typed.name))
  const given = Buffer.from(typed.digits.replace(/[\s-]/g, ''))
  return given.length === right.length && timingSafeEqual(given, right)
}

function derive(key: KeyObject, use: MagicLinkUse, { tenantId, id }: MagicLinkName): Buffer {
  const named = ['iam/magic-link/v1', use, tenantId, id].join('\0')
  return createHmac('sha256', key).update(named).digest()
}
