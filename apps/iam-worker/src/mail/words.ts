import type { Locale } from '@iam/domain/mail'
import type { Language } from './language.ts'
import { arabic } from './words.ar.ts'
import { english } from './words.en.ts'
import { french } from './words.fr.ts'

/** Every mail, in every language that we write in. */
export const languages: Readonly<Record<Locale, Language>> = { en: english, fr: french, ar: arabic }
