import { ConfigurationError, devOnlyFaults } from '@iam/platform/config'

export interface Config {
  readonly env: string
  readonly issuer: string
  readonly http: { readonly host: string; readonly port: number }
  /** Where metrics are, on the same host: a port that only those who scrape can reach. None: nothing is counted. */
  readonly metricsPort: number | undefined
  /** Where the signed key set is: an http(s) URL of the object store, or a file URL of a mounted volume. */
  readonly source: URL
  /** Where the status lists are, each by its name: beside the key set's folder when nothing else is said. */
  readonly statusLists: URL
  /** Where those of regions are that write theirs into another store. */
  readonly statusListRegions: ReadonlyMap<string, URL>
  /** Where the keys that have ended are: beside the key set, unless it is told otherwise. */
  readonly history: URL
  /** Other places where a newer key set may be at the start: the CDN's copy, other regions' stores. */
  readonly witnesses: readonly URL[]
  /** Thumbprints of the publication keys, the current one and the spare, and of the endorsement keys. */
  readonly anchors: readonly string[]
  readonly endorsementAnchors: readonly string[]
  /** Versions below which no region's part is accepted, whatever else was seen. */
  readonly floor: Readonly<Record<string, number>>
  /** A file to keep the last good document in, where there is a disk. */
  readonly copy: string | undefined
  readonly pollSeconds: number
  readonly maxAge: number
}

type Environment = Readonly<Record<string, string | undefined>>

const thumbprints = /^[A-Za-z0-9_-]{43}(,[A-Za-z0-9_-]{43})*$/

/**
 * Reads iam-jwks's environment. By hand, because this process starts in milliseconds.
 * @throws ConfigurationError that names every fault.
 */
export function readConfig(env: Environment = process.env): Config {
  const faults: string[] = []
  const read: Read = (name, valid, rule, fallback) => {
    const value = env[name] || fallback
    if (value === undefined) faults.push(`${name}: is required; ${rule}`)
    else if (!valid(value)) faults.push(`${name}: ${rule}`)
    return value ?? ''
  }
  const anchors = (name: string) =>
    read(name, (value) => thumbprints.test(value), 'must be RFC 7638 thumbprints with commas between').split(
      ',',
    )
  const natural = (name: string, fallback: string) =>
    Number(read(name, (value) => /^\d{1,9}$/.test(value), 'must be a whole number', fallback))
  const config: Config = {
    env: read('IAM_ENV', (value) => value !== '', 'must be a short name such as prod or dev'),
    issuer: read(
      'IAM_ISSUER',
      (value) => /^https?:\/\/[^/]+(\/.*[^/])?$/.test(value),
      'must be a URL without a slash at its end',
    ),
    http: { host: read('IAM_HTTP_HOST', () => true, '', '0.0.0.0'), port: natural('PORT', '8080') },
    metricsPort: env['IAM_METRICS_PORT'] ? natural('IAM_METRICS_PORT', '') : undefined,
    ...placesOf(env, read),
    anchors: anchors('IAM_JWKS_ANCHORS'),
    endorsementAnchors: anchors('IAM_ENDORSEMENT_ANCHORS'),
    floor: floorOf(
      read(
        'IAM_KEY_SET_FLOOR',
        (value) => /^[\w-]+=\d+(,[\w-]+=\d+)*$/.test(value),
        'must be region=version,…',
        'none=0',
      ),
    ),
    copy: env['IAM_KEY_SET_COPY'] || undefined,
    pollSeconds: natural('IAM_KEY_SET_POLL_SECONDS', '10'),
    maxAge: natural('IAM_KEY_SET_MAX_AGE', '300'),
  }
  const { env: IAM_ENV, issuer: IAM_ISSUER } = config
  for (const { variable, message } of devOnlyFaults({ IAM_ENV, IAM_ISSUER })) {
    faults.push(`${variable}: ${message}`)
  }
  if (faults.length > 0) throw new ConfigurationError('iam-jwks', faults)
  return Object.freeze(config)
}

/** Reads a variable, and notes what is wrong with it. */
type Read = (name: string, valid: (value: string) => boolean, rule: string, fallback?: string) => string

/** Where documents are read. */
function placesOf(
  env: Environment,
  read: Read,
): Pick<Config, 'source' | 'history' | 'statusLists' | 'statusListRegions' | 'witnesses'> {
  const source = read('IAM_KEY_SET_URL', isUrl, 'must be an http, https or file URL')
  const lists = read(
    'IAM_STATUS_LISTS_URL',
    (value) => isUrl(value) && value.endsWith('/'),
    'must be an http, https or file URL with a slash at its end',
    URL.canParse(source) ? new URL('../status-lists/', source).href : 'file:///',
  )
  const regions = read(
    'IAM_STATUS_LISTS_REGIONS',
    (value) => value === 'none' || value.split(',').every((pair) => regionUrl.test(pair)),
    'must be region=URL,… with http, https or file URLs that have a slash at their end',
    'none',
  )
  const witnesses = read('IAM_KEY_SET_WITNESSES', areUrls, 'must be URLs with commas between', 'none')
  return {
    source: urlOf(source),
    history: new URL(env['IAM_KEY_SET_HISTORY_URL'] || 'historical.jwt', urlOf(source)),
    statusLists: urlOf(lists),
    statusListRegions: regionsOf(regions),
    witnesses: witnesses === 'none' ? [] : witnesses.split(',').map(urlOf),
  }
}

const regionUrl = /^[A-Za-z0-9-]{1,63}=(https?|file):\/\/[^,]*\/$/

function regionsOf(text: string): Map<string, URL> {
  const pairs = text.split(',').filter((pair) => regionUrl.test(pair))
  const at = (pair: string) => pair.indexOf('=')
  return new Map(pairs.map((pair) => [pair.slice(0, at(pair)), urlOf(pair.slice(at(pair) + 1))]))
}

function isUrl(text: string): boolean {
  return /^(https?|file):\/\/./.test(text)
}

function areUrls(text: string): boolean {
  return text === 'none' || text.split(',').every(isUrl)
}

function urlOf(text: string): URL {
  return URL.canParse(text) ? new URL(text) : new URL('file:///')
}

/** `region=version,region=version` as an object; `none=0` stands for no floor. */
function floorOf(text: string): Record<string, number> {
  const pairs = text.split(',').map((pair) => pair.split('='))
  const floors = pairs.map(([region = '', version]) => [region, Number(version)] as const)
  return Object.fromEntries(floors.filter(([region]) => region !== 'none'))
}
