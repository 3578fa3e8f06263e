import { machineEnvironment } from './environment.ts'
import { ownDirectory } from './own-directory.ts'

/**
 * The directory of one user for fetched programs and throw-away data, made when missing: IAM_DEV_CACHE or
 * /var/tmp/iam-cache-<uid>. It is outside every checkout, survives a reboot, and `nobody` can reach it. Refuses
 * one that another user could have prepared, because programs are run from it.
 */
export function cacheDirectory(): string {
  const directory = machineEnvironment().cache ?? `/var/tmp/iam-cache-${process.getuid?.() ?? 0}`
  ownDirectory(directory, 'IAM_DEV_CACHE')
  return directory
}
