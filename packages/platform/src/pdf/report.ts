/** Something to read: a title, what it is, and sections of records. */
export interface Report {
  readonly title: string
  readonly lead: readonly string[]
  readonly sections: readonly {
    readonly title: string
    readonly about: string
    readonly records: readonly (readonly Line[])[]
    /** What is said after them. */
    readonly note?: string
  }[]
}

/** One value, with what it is called. */
export interface Line {
  readonly name: string
  readonly value: string
}
