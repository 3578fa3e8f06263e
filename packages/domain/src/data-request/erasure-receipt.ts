import type { Id } from '../kit/index.ts'

/** What was done to forget somebody: which stores had something of them, and what became of it. Times in RFC 3339. */
export interface ErasureReceipt {
  readonly id: Id<'dsr'>
  readonly userId: Id<'usr'>
  readonly erasedAt: string
  /** When the key was destroyed under which everything else of theirs is sealed, copies in backups included. */
  readonly keyDestroyedAt: string
  readonly stores: readonly {
    readonly store: string
    readonly records: number
    readonly became: 'deleted' | 'blanked'
  }[]
  /** What stays, and why. */
  readonly kept: readonly { readonly store: string; readonly because: string }[]
  readonly elsewhere: readonly { readonly store: string; readonly became: string }[]
}
