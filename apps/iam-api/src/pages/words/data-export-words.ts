/** Every word about the copy of one's data. */
export interface DataExportWords {
  readonly dataExport: {
    readonly title: string
    /** On the page of the account. */
    readonly short: string
    /** Before anything was asked for, or without the link of the mail. */
    readonly lead: string
    readonly ask: string
    readonly asked: string
    /** With the link of the mail. */
    readonly fetchLead: string
    readonly fetch: { readonly json: string; readonly pdf: string }
    readonly foreign: string
    readonly gone: string
  }
}
