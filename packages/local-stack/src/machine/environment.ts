import { resolve } from 'node:path'

/** What this package reads from the process environment; nothing else here does. */
export interface MachineEnvironment {
  /** The directories in which programs are looked for. */
  searchPath: readonly string[]
  /** IAM_DEV_CACHE: where fetched programs are kept, instead of the default. */
  cache: string | undefined
  /** IAM_DEV_DATA: where the development stack keeps its data, instead of the default. */
  devData: string | undefined
  /** IAM_LIMITS: how many times its points every limit on requests has in the development stack, or `off`. */
  limits: string | undefined
  /** What every started program inherits. */
  inherited: Readonly<Record<string, string>>
}

/**
 * A started program inherits these and nothing else: a DATABASE_URL or a cloud credential that happens to be
 * exported in the developer's shell must never reach the local stack.
 */
const passedOn = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'TZ',
  'TMPDIR',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]

/** Where Debian puts servers; an ordinary user's PATH often lacks these. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** Reads the environment. Takes it as an argument so that a test can hand in another. */
export function machineEnvironment(env: NodeJS.ProcessEnv = process.env): MachineEnvironment {
  const path = (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter((entry) => entry !== '')
  const inherited: Record<string, string> = {}
  for (const name of passedOn) {
    const value = env[name]
    if (value !== undefined) inherited[name] = value
  }
  return {
    searchPath: [...new Set([...path, ...systemDirectories])],
    cache: directorySetting(env['IAM_DEV_CACHE']),
    devData: directorySetting(env['IAM_DEV_DATA']),
    limits: env['IAM_LIMITS'] === '' ? undefined : env['IAM_LIMITS'],
    inherited,
  }
}

function directorySetting(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : resolve(value)
}
