import type { Locale } from '@iam/domain/mail'
import { arabic } from './ar.ts'
import { english } from './en.ts'
import { french } from './fr.ts'
import type { Words } from './words.ts'

/** Every word of the pages, in every language that we write in. */
export const languages: Readonly<Record<Locale, Words>> = { en: english, fr: french, ar: arabic }

export type { ErrorName, FaultName, NoticeName, Words } from './words.ts'
