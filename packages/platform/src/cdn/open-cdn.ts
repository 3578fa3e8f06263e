import { GoogleAuth } from 'google-auth-library'
import { cloudCdn } from './cloud-cdn.ts'
import type { Cdn } from './cdn.ts'

export interface OpenCdn {
  /** `cloud-cdn://<project>/<url map>`, or `off`. */
  readonly url: string
  /** The host that the documents are asked for under. */
  readonly host: string
  /** `http://host:port` of a stand-in, which asks nobody for credentials. */
  readonly endpoint?: string | undefined
}

const google = 'https://compute.googleapis.com'
const scopes = ['https://www.googleapis.com/auth/compute']

/** Opens the CDN that a URL names. @returns undefined where there is none to be told. */
export function openCdn({ url, host, endpoint }: OpenCdn): Cdn | undefined {
  if (url === 'off') return undefined
  const [, project, urlMap] = /^cloud-cdn:\/\/([^/]+)\/([^/]+)$/.exec(url) ?? []
  if (project === undefined || urlMap === undefined) throw new TypeError(`'${url}' names no CDN`)
  const auth = new GoogleAuth({ scopes })
  const authorize =
    endpoint === undefined ? (to: string) => auth.getRequestHeaders(to) : async () => new Headers()
  return cloudCdn({ project, urlMap, host, endpoint: endpoint ?? google, authorize })
}
