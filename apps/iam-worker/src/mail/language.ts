import type { Letter } from '@iam/domain/account'

/** What a letter tells of besides its tenant's name. */
export interface Facts {
  readonly tenant: string
  readonly minutes: number
  readonly params: Readonly<Record<string, string>>
}

/** One letter's words in one language. */
export interface Words {
  readonly subject: (facts: Facts) => string
  readonly paragraphs: (facts: Facts) => readonly string[]
  /** What the button says; none for a letter that asks for nothing. */
  readonly button?: string
  /** Stands after the button. */
  readonly closing?: string
}

/** A language: its letters, and what all of them say. */
export interface Language {
  readonly direction: 'ltr' | 'rtl'
  readonly letters: Readonly<Record<Letter, Words>>
  readonly digits: string
  /** Where there is no link besides. */
  readonly digitsAlone: string
  readonly orLink: string
  /** How long something lives, in the largest unit that fits. */
  readonly lifetime: (minutes: number) => string
}
