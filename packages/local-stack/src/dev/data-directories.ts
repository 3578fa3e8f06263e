import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { machineEnvironment } from '../machine/environment.ts'
import { ownDirectory } from '../machine/own-directory.ts'
import { clearSetUp, readSetUp } from '../stack/set-up.ts'
import { usualEdgePort } from '../stack/stack-ports.ts'

/**
 * Where a checkout's stack keeps its data: IAM_DEV_DATA, or a directory of its own that the database user can
 * reach even when the checkout is under a private home. Inside, each port that the edge ever had has its
 * own data, because keys and tokens name the issuer and that is http://localhost:<port>.
 */
export function dataRoot(checkout: string): string {
  const hash = createHash('sha256').update(checkout).digest('hex').slice(0, 8)
  return machineEnvironment().devData ?? `/var/tmp/iam-${process.getuid?.() ?? 0}-${hash}`
}

/** The data directory for one port, made when missing. */
export function dataDirectory(root: string, edgePort: number): string {
  const directory = join(root, String(edgePort))
  for (const each of [root, directory]) ownDirectory(each, 'IAM_DEV_DATA')
  return directory
}

/** The ports to try for the edge: those that have data, the oldest first, and then the usual one. */
export function edgePorts(root: string): number[] {
  const known = portsWithData(root).map((port) => ({ port, begun: readSetUp(join(root, port))?.begun ?? '' }))
  const oldestFirst = known.toSorted((one, other) => one.begun.localeCompare(other.begun))
  return [...new Set([...oldestFirst.map(({ port }) => Number(port)), usualEdgePort])]
}

/** Empties the data of every port, and touches nothing that the stack did not put there. */
export function clearData(root: string): void {
  for (const port of portsWithData(root)) clearSetUp(join(root, port))
}

function portsWithData(root: string): string[] {
  ownDirectory(root, 'IAM_DEV_DATA')
  return readdirSync(root).filter((name) => readSetUp(join(root, name)) !== undefined)
}
