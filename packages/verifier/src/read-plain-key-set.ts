import { readKeys, type VerifyingKey } from './verifying-key.ts'

/** Reads a key set as every issuer publishes one (RFC 7517 5). @throws what is wrong with it. */
export function readPlainKeySet(document: string): VerifyingKey[] {
  const { keys } = JSON.parse(document) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('The key set has no list of keys.')
  return readKeys(keys, () => Infinity)
}
