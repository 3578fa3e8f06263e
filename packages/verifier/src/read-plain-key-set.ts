import { readKeys, type ReadKeySet } from './verifying-key.ts'

/** Reads a key set as every issuer publishes one (RFC 7517 5). @throws what is wrong with it. */
export function readPlainKeySet(document: string): ReadKeySet {
  const { keys } = JSON.parse(document) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('The key set has no list of keys.')
  return { keys: readKeys(keys, () => Infinity), until: Infinity }
}
