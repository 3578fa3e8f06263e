import { rowKeyBlocks, rowMac, type AuditKeys } from './row-mac.ts'
import type { AuditRow } from './canonical-row.ts'

/**
 * A value of a statement that takes the audit key. Verbs state what they record without holding that key: whoever
 * opened the connection does, and gives it when the statement is written. Without it nothing can be written.
 */
class KeyedValue {
  readonly #make: (keys: AuditKeys) => Buffer | number
  #made: Buffer | number | undefined

  constructor(make: (keys: AuditKeys) => Buffer | number) {
    this.#make = make
  }

  take(keys: AuditKeys): void {
    this.#made ??= this.#make(keys)
  }

  /** What pg asks an object for that is a statement's value. */
  toPostgres(): Buffer | number {
    if (this.#made === undefined)
      throw new Error('An audit event cannot be written on a connection without the audit key.')
    return this.#made
  }
}

/** To be called for each value that a connection writes: gives the key to those that wait for it. */
export function keyingAudit(keys: AuditKeys): (value: unknown) => void {
  return (value) => {
    if (value instanceof KeyedValue) value.take(keys)
  }
}

/** The version of the key that rows of a time are made with. */
export function keyVersionAt(at: Date): unknown {
  return new KeyedValue((keys) => keys.current(at).version)
}

/** The mac of a row that is known beforehand. */
export function macOf(row: Omit<AuditRow, 'macKey'>): unknown {
  return new KeyedValue((keys) => {
    const { version, key } = keys.current(row.occurredAt)
    return rowMac(key, { ...row, macKey: version })
  })
}

/** What SQL needs to make the macs of rows whose ids begin as this one does. */
export function macBlocksOf(row: Pick<AuditRow, 'tenantId' | 'id' | 'occurredAt'>) {
  const blocks = (keys: AuditKeys) => rowKeyBlocks(keys.current(row.occurredAt).key, row)
  return {
    inner: new KeyedValue((keys) => blocks(keys).inner) as unknown,
    outer: new KeyedValue((keys) => blocks(keys).outer) as unknown,
  }
}
