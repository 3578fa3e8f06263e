import { createHmac, type KeyObject } from 'node:crypto'
import type { OneTimePurpose } from './purposes.ts'

/** What names a one-time code: its secrets follow from these and a key, and are stored nowhere. */
export interface OneTimeName {
  readonly tenantId: string
  readonly id: string
  readonly purpose: OneTimePurpose
}

/** The 32 bytes in a mailed link. */
export function linkSecret(key: KeyObject, name: OneTimeName): Buffer {
  return derive(key, 'link', name)
}

const digits = 8
const codes = 10n ** BigInt(digits)

/** The eight digits for those who type. Of 64 bits, so that none is likelier than another by more than 2^-37. */
export function shortCode(key: KeyObject, name: OneTimeName): string {
  return String(derive(key, 'code', name).readBigUInt64BE() % codes).padStart(digits, '0')
}

function derive(key: KeyObject, use: 'link' | 'code', { tenantId, id, purpose }: OneTimeName): Buffer {
  const named = ['iam/one-time/v1', use, tenantId, purpose, id].join('\0')
  return createHmac('sha256', key).update(named).digest()
}
