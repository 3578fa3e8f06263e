import { randomUUID } from 'node:crypto'
import { every, type Repeating } from '../lifecycle/index.ts'
import { resourceOf, type Recorder, type TelemetrySettings } from '../telemetry/index.ts'
import { otlpMetrics } from './otlp-metrics.ts'

/** What has to be told, and to whom. */
interface Sending {
  readonly settings: TelemetrySettings
  readonly recorder: Recorder
  /** What `/metrics` says. */
  readonly read: () => Promise<string>
  /** Hears that metrics could not be sent, once until they can be again. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Sends metrics by OTLP over HTTP, in JSON, as often as the settings say; where they name no collector, never. One that
 * is away or slow costs what it was not told meanwhile: counts go on, and are told whole by the next.
 */
export function sendMetrics({ settings, recorder, read, onFailure }: Sending): Repeating | undefined {
  const { metricsUrl: url, metricsInterval } = settings
  if (url === undefined) return undefined
  const resource = resourceOf(settings, recorder, randomUUID())
  const began = Date.now()
  let failing = false
  return every(
    metricsInterval,
    async () => {
      const body = JSON.stringify(otlpMetrics(await read(), resource, { began, now: Date.now() }))
      const headers = { ...settings.headers, 'content-type': 'application/json' }
      const signal = AbortSignal.timeout(settings.timeout)
      const answer = await fetch(url, { method: 'POST', headers, body, signal })
      await answer.body?.cancel()
      if (!answer.ok) throw new Error(`The collector answered ${answer.status}.`)
      failing = false
    },
    (error) => {
      if (!failing) onFailure(error)
      failing = true
    },
  )
}
