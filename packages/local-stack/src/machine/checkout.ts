import { fileURLToPath } from 'node:url'

/** The root of the checkout that this file belongs to, without a slash at its end. */
export const checkout: string = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '')
