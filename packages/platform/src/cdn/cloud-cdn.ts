import { readCapped } from '../http/index.ts'
import type { Cdn } from './cdn.ts'

export interface CloudCdnOptions {
  /** The URL map of the load balancer, and the host that is asked for in it. */
  readonly project: string
  readonly urlMap: string
  readonly host: string
  /** `https://compute.googleapis.com`, or a stand-in's address. */
  readonly endpoint: string
  /** The headers that say who asks. */
  readonly authorize: (url: string) => Promise<Headers>
  /** Milliseconds until each answer must be there. */
  readonly answerWithin?: number
}

const mostBytes = 256 * 1024

/** Cloud CDN: `urlMaps.invalidateCache` of the Compute Engine API, one try. It acts within some ten seconds. */
export function cloudCdn(options: CloudCdnOptions): Cdn {
  return {
    purge: async (paths) => {
      await Promise.all(paths.map((path) => invalidate(options, path)))
    },
  }
}

async function invalidate(options: CloudCdnOptions, path: string): Promise<void> {
  const { project, urlMap, host, endpoint, authorize, answerWithin = 5_000 } = options
  const url = `${endpoint}/compute/v1/projects/${project}/global/urlMaps/${urlMap}/invalidateCache`
  const headers = await authorize(url)
  headers.set('content-type', 'application/json')
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ host, path }),
    redirect: 'error',
    signal: AbortSignal.timeout(answerWithin),
  })
  const answer = await readCapped(response, mostBytes)
  if (response.status !== 200) throw new Error(`Cloud CDN answered ${response.status} for ${path}.`)
  requireTaken(answer.toString(), path)
}

/** The answer is an operation (compute#operation). One that has failed at once says so in it, with status 200. */
function requireTaken(answer: string, path: string): void {
  const { kind, error } = JSON.parse(answer) as { kind?: unknown; error?: { errors?: { code?: unknown }[] } }
  if (kind !== 'compute#operation') throw new Error(`Cloud CDN answered with something else for ${path}.`)
  if (error === undefined) return
  const codes = (error.errors ?? []).map(({ code }) => String(code)).join()
  throw new Error(`Cloud CDN refused ${path}: ${codes}.`)
}
