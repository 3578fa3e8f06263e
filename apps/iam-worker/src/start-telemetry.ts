import type { Closer } from '@iam/platform/lifecycle'
import { sendMetrics } from '@iam/platform/metrics'
import type { WorkerContext } from './context.ts'

/** Starts sending spans and metrics, where there is a collector. @param read what `/metrics` says. */
export function startTelemetry(
  { config, log, tracing }: WorkerContext,
  read: () => Promise<string>,
  closers: Closer[],
): void {
  const { telemetry: settings, deployment } = config
  const recorder = { service: 'iam-worker', region: deployment.region, env: deployment.env }
  const warn = (message: string) => (err: unknown) => log.warn({ err }, message)
  tracing.exportTo(settings, recorder, warn('Spans could not be sent')).catch(warn('Spans are not recorded'))
  closers.push({ name: 'tracing', close: () => tracing.close() })
  const sending = sendMetrics({ settings, recorder, read, onFailure: warn('Metrics could not be sent') })
  if (sending !== undefined) closers.push({ name: 'sending metrics', close: () => sending.stop() })
}
