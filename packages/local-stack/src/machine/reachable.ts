import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { serverUser } from './server-user.ts'

const executableByOthers = 0o001

/**
 * Whether the server user can come to a directory and read in it: always when that is ourselves; for `nobody`
 * only when the directory and each one above it may be entered by everyone. A checkout under a home
 * directory of mode 700 may not.
 */
export function serverUserReaches(directory: string): boolean {
  if (serverUser() === undefined) return true
  for (let path = directory; ; path = dirname(path)) {
    if ((statSync(path).mode & executableByOthers) === 0) return false
    if (path === dirname(path)) return true
  }
}
