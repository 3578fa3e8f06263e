/** Something that holds events and hands them out: filled outside of what is measured, then emptied as it can. */
export interface Drain {
  fill(rows: number): Promise<void>
  /** Resolves when every row was handed out and marked as done. */
  empty(rows: number): Promise<void>
  close(): Promise<void>
}
