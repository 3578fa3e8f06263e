// Imported by name here, because a bundle of the package, which is CommonJS, has a default export alone for whoever
// imports it lazily. This file is what is imported lazily.
import { dictionary } from '@zxcvbn-ts/language-common'

export const commonPasswords: readonly string[] = dictionary['passwords-common']
