import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineEnvironment } from '../machine/environment.ts'
import { type CommandResult, runCommand } from '../machine/run-command.ts'

/** Where to unpack, and the directories in which apt-get and dpkg-deb are found. */
export interface FetchPackages {
  directory: string
  searchPath: readonly string[]
}

/**
 * Downloads Debian packages and unpacks them into `directory`/root, with apt's own state kept beside it meanwhile,
 * so that neither root nor the machine's package database is involved. Signatures are checked as apt always
 * does. Refuses with the first error that apt reports.
 */
export async function fetchPackages(
  packages: readonly string[],
  { directory, searchPath }: FetchPackages,
): Promise<void> {
  const work = join(directory, 'apt')
  const downloads = join(work, 'downloads')
  mkdirSync(downloads, { recursive: true })
  const env = {
    ...machineEnvironment().inherited,
    PATH: searchPath.join(':'),
    APT_CONFIG: writeAptConfiguration(work),
    LC_ALL: 'C',
  }
  const run = { cwd: downloads, env }

  // One broken third-party source fails the update although Debian's own lists came; the download decides.
  const updated = await runCommand('apt-get', ['update'], run)
  const downloaded = await runCommand('apt-get', ['download', ...packages], run)
  if (downloaded.code !== 0)
    throw new Error(firstComplaint(downloaded) ?? firstComplaint(updated) ?? 'apt-get failed')

  const root = join(directory, 'root')
  for (const file of readdirSync(downloads)) {
    const unpacked = await runCommand('dpkg-deb', ['-x', file, root], run)
    if (unpacked.code !== 0) throw new Error(firstComplaint(unpacked) ?? `dpkg-deb could not unpack ${file}`)
  }
  rmSync(work, { recursive: true })
}

/**
 * apt reads the machine's settings (sources, proxies, keys) first and then this file. It moves what apt writes
 * into our directory, lets root download there itself (apt's own user could not write), and drops the hooks
 * that expect to be run by the system administrator.
 */
function writeAptConfiguration(directory: string): string {
  const file = join(directory, 'apt.conf')
  for (const needed of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(directory, needed), { recursive: true })
  }
  writeFileSync(
    file,
    `Dir::State::Lists "${join(directory, 'lists')}";
Dir::Cache "${join(directory, 'cache')}";
Debug::NoLocking "true";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
`,
  )
  return file
}

function firstComplaint({ stdout, stderr }: CommandResult): string | undefined {
  const lines = `${stderr}\n${stdout}`.split('\n')
  return (
    (lines.find((line) => line.startsWith('E:')) ?? stderr.split('\n')[0])?.replace(/^E: /, '') || undefined
  )
}
