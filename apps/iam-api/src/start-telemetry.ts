import type { Closer } from '@iam/platform/lifecycle'
import { sendMetrics } from '@iam/platform/metrics'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'

/**
 * Starts sending spans and metrics, where there is a collector. What records spans is loaded beside the rest: nobody
 * waits for it.
 */
export function startTelemetry(
  { telemetry: settings, deployment: { region, env } }: Config,
  { tracing, metrics, log }: Deps,
): Closer[] {
  const recorder = { service: 'iam-api', region, env }
  const warn = (message: string) => (err: unknown) => log.warn({ err }, message)
  tracing.exportTo(settings, recorder, warn('Spans could not be sent')).catch(warn('Spans are not recorded'))
  const read = () => metrics.text()
  const sending = sendMetrics({ settings, recorder, read, onFailure: warn('Metrics could not be sent') })
  return [
    { name: 'tracing', close: () => tracing.close() },
    { name: 'sending metrics', close: () => sending?.stop() },
  ]
}
