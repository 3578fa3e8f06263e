import type { RawBuilder } from 'kysely'
import type { Id } from '../kit/index.ts'

/** Why a column says nothing of a person, although it stands beside what does. */
export type Impersonal =
  | 'tenant'
  /** Which of the deployment's secrets something was made with. */
  | 'key version'
  /** Where a row stands among others. */
  | 'order'
  /** A hash or mac that holds the audit trail together. */
  | 'proof'

/** Why a personal value is not in an export. */
export type Withheld =
  /** It opens the account, or proves who may: it would be worth stealing. */
  | 'secret'
  /** A keyed hash, which tells nobody anything; what it was made of is exported where it is kept. */
  | 'keyed hash'
  /** How risk is judged: who knew it could stay below it. */
  | 'risk'

/** A row as it is read: by the names of its columns. */
export type StoredRow = Readonly<Record<string, unknown>>

/** How a sealed value is opened. `needs` are the columns that `context` reads. */
export interface Seal {
  /** Under the person's own key; under the data key of a version in a column; or of one that stands before the bytes. */
  readonly by: 'person' | { readonly versionIn: string } | 'version before it'
  readonly needs: readonly string[]
  readonly context: (row: StoredRow) => string
}

export type ColumnRule =
  | { readonly is: 'impersonal'; readonly because: Impersonal }
  | { readonly is: 'told' }
  | { readonly is: 'opened'; readonly seal: Seal }
  | { readonly is: 'withheld'; readonly because: Withheld }

/**
 * What becomes of a table's rows with the person. Those that are kept say that something was, and when: ids, times and
 * words of a list; every other value of theirs is named, with what becomes of it.
 */
export type Erasure =
  | 'deleted'
  | {
      readonly kept: string
      readonly but: Readonly<Record<string, 'blanked' | 'replaced' | 'unreadable'>>
    }

/** Whose data is meant. */
export interface Person {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** Normalised. */
  readonly email: string
  /** What stands for their address where it is not spelt out; see `subjectsOf` of magic-link. */
  readonly subjects: readonly Buffer[]
}

/** A table that has something of people. */
export interface PersonalStore<Column extends string = string> {
  /** What an export calls it. */
  readonly section: string
  readonly about: string
  /** Which of a tenant's rows are a person's. */
  readonly of: (person: Person) => RawBuilder<unknown>
  /** Set where rows that `of` finds may yet be somebody else's: to be told apart by what they say. */
  readonly isTheirs?: (opened: StoredRow, person: Person) => boolean
  /** Which of them are the person's without a look inside; those of `of` when absent. */
  readonly surelyOf?: (person: Person) => RawBuilder<unknown>
  readonly erasure: Erasure
  readonly columns: Readonly<Record<Column, ColumnRule>>
}

/** A table without anything of people, each column named. */
export interface ImpersonalStore<Column extends string = string> {
  readonly nobodys: string
  readonly columns: Readonly<Record<Column, 'nobodys'>>
}

const impersonal = (because: Impersonal): ColumnRule => ({ is: 'impersonal', because })
export const tenant = impersonal('tenant')
export const keyVersion = impersonal('key version')
export const order = impersonal('order')
export const proof = impersonal('proof')
export const told: ColumnRule = { is: 'told' }
export const withheld = (because: Withheld): ColumnRule => ({ is: 'withheld', because })
export const secret = withheld('secret')
export const keyedHash = withheld('keyed hash')

/** Sealed under the person's key, for the row's own id and what follows it. */
export const openedWith = (suffix: string, id = 'id'): ColumnRule => ({
  is: 'opened',
  seal: { by: 'person', needs: [id], context: (row) => `${String(row[id])}${suffix}` },
})

/** Sealed under the deployment's data key, because whose it is was not looked up. */
export const openedByDataKey = (versionIn: string): ColumnRule => ({
  is: 'opened',
  seal: { by: { versionIn }, needs: ['id', versionIn], context: (row) => String(row['id']) },
})

/** The same, with the version before the bytes; see session/sealed-origin.ts. */
export const openedByOwnVersion = (id: string): ColumnRule => ({
  is: 'opened',
  seal: { by: 'version before it', needs: [id], context: (row) => String(row[id]) },
})
