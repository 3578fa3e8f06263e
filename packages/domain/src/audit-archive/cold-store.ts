import type { ColdRow } from './cold-table.ts'

/** Some of a month's events, in one piece. */
export interface ColdPart {
  /** As `2026-08`. */
  readonly month: string
  readonly number: number
}

/** A place for events that are too old for the database. What is written twice is there once. */
export interface AuditColdStore {
  /** Writes a part, whole or not at all. @throws when it is there already with other rows. */
  writePart(part: ColdPart, rows: readonly ColdRow[]): Promise<void>
  /** A part's rows, in their order; none when it was not written. */
  readPart(part: ColdPart): Promise<readonly ColdRow[]>
  /** Writes what a month came to. @throws when something else is there already. */
  writeManifest(month: string, text: string): Promise<void>
  readManifest(month: string): Promise<string | undefined>
}
