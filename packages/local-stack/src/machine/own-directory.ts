import { chmodSync, lstatSync, mkdirSync } from 'node:fs'

const writableByGroupOrOthers = 0o022

/**
 * Makes sure of a directory, made when missing, that everyone may enter and only we may write to. Refuses one
 * that another user could have prepared, naming the variable that chooses another place.
 */
export function ownDirectory(directory: string, variable: string): void {
  mkdirSync(directory, { recursive: true })
  const found = lstatSync(directory)
  const ours = found.uid === process.getuid?.() && (found.mode & writableByGroupOrOthers) === 0
  if (!found.isDirectory() || !ours) {
    throw new Error(
      `${directory} is not a directory that only you can write to: remove it, or set ${variable} to one that is.`,
    )
  }
  // The umask may have taken these away; whoever the servers run as has to pass through.
  chmodSync(directory, 0o755)
}
