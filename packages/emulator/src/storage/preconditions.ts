import type { StoredObject } from './object-files.ts'
import { notEmulated, StorageError } from './storage-error.ts'

const others = ['ifGenerationNotMatch', 'ifMetagenerationMatch', 'ifMetagenerationNotMatch']

/** Refuses with 412 unless the object is of the generation the caller expects; 0 expects that there is
 *  none. */
export function requirePreconditions(query: URLSearchParams, object: StoredObject | undefined): void {
  const other = others.find((name) => query.has(name))
  if (other !== undefined) throw notEmulated(other)
  const expected = query.get('ifGenerationMatch')
  if (expected === null || Number(expected) === (object?.generation ?? 0)) return
  throw new StorageError(
    412,
    'conditionNotMet',
    'At least one of the pre-conditions you specified did not hold.',
  )
}
