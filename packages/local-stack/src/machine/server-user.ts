import { chownSync } from 'node:fs'

/** The user and group a server program runs as. */
export interface ServerUser {
  uid: number
  gid: number
}

/** Debian's `nobody` and `nogroup`, which every installation has under these numbers. */
const nobody: ServerUser = { uid: 65534, gid: 65534 }

/**
 * The user that Postgres, Redis and PgBouncer run as: `nobody` when we are root, because Postgres and
 * PgBouncer refuse to run as root, and otherwise undefined, which means ourselves.
 */
export function serverUser(): ServerUser | undefined {
  return process.getuid?.() === 0 ? nobody : undefined
}

/** Gives a file or directory to the server user; does nothing when servers run as ourselves. */
export function giveToServerUser(path: string): void {
  const user = serverUser()
  if (user !== undefined) chownSync(path, user.uid, user.gid)
}
