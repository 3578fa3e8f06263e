import type { App } from '@iam/iam-api/app'
import type { Deps } from '@iam/iam-api/deps'
import { heldKeys, type Probes, Readiness } from '@iam/iam-api/readiness'
import { buildServer, type ServerOptions } from '@iam/iam-api/server'
import { openWorld, type World, type WorldOptions } from '@iam/testkit/world'
import { openLogger } from '@iam/platform/logging'
import { HttpMetrics } from '@iam/platform/metrics'
import { fieldsOfCurrentSpan, Tracing } from '@iam/platform/telemetry'
import { inject } from 'vitest'

export interface TestApp {
  readonly app: App
  readonly world: World
  readonly deps: Deps
  /** What was logged, a parsed line each. */
  readonly logged: Record<string, unknown>[]
  readonly close: () => Promise<void>
}

export interface AppOptions extends WorldOptions {
  /** What readiness asks; everything answers by default. */
  readonly probes?: Partial<Probes>
  /** What is worth a line; `info` by default. */
  readonly logLevel?: string
  /** Where trusted proxies say where a client is; they say nothing by default. */
  readonly geoHeaders?: ServerOptions['geoHeaders']
  readonly torExits?: ServerOptions['torExits']
  /** Where exports of personal data are; nowhere by default. */
  readonly exports?: Deps['exports']
}

/** iam-api on a world of its own, to inject requests into. */
export async function openApp(options: AppOptions = {}): Promise<TestApp> {
  const world = await openWorld(inject('services'), options)
  const logged: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) }
  const answers = async () => undefined
  const besides = fieldsOfCurrentSpan('test')
  const deps: Deps = {
    ...world,
    exports: options.exports,
    project: 'test',
    readiness: new Readiness({
      probes: { postgres: answers, redis: answers, kms: answers, ...options.probes },
      heldKeys: () => heldKeys(world),
      monotonic: world.monotonic,
    }),
    metrics: new HttpMetrics(),
    tracing: new Tracing(),
    log: openLogger({ service: 'iam-api', level: options.logLevel ?? 'info', besides, stream }),
  }
  const app = await buildServer(deps, {
    trustedProxies: ['127.0.0.1/32'],
    placeHeaders: ['X-Client-Geo-City', 'X-Client-Geo-Country'],
    geoHeaders: options.geoHeaders ?? {},
    torExits: options.torExits,
  })
  const close = async () => {
    await app.close()
    await world.close()
  }
  return { app, world, deps, logged, close }
}
