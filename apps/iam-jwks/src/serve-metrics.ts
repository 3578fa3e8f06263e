import type { Server } from 'node:http'
import { serveHealth, type HealthServer } from '@iam/platform/http'
import type { Config } from './config.ts'
import { metricsText } from './metrics.ts'
import { RequestCounts } from './request-counts.ts'
import type { ServedKeySet } from './served-key-set.ts'

/** Serves metrics on a port of their own, where one is set; elsewhere nothing is counted. */
export async function serveMetrics(
  { http: { host }, metricsPort: port }: Config,
  server: Server,
  keySet: Pick<ServedKeySet, 'status'>,
): Promise<HealthServer | undefined> {
  if (port === undefined) return undefined
  const requests = new RequestCounts()
  requests.follow(server)
  return serveHealth({
    host,
    port,
    ready: async () => ({ status: keySet.status(new Date()) === undefined ? 'unavailable' : 'ok' }),
    metrics: async () => metricsText(requests, keySet.status(new Date()), new Date()),
  })
}
