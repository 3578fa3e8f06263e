import type { Deps } from '../deps.ts'
import type { App } from '../app.ts'

const hide = { schema: { hide: true } }

/**
 * What the platform asks. Live: the process runs. Startup and ready: it can serve; see `Readiness`. `/health` is
 * ready under the name that other platforms use.
 */
export function healthRoutes(app: App, deps: Deps): void {
  app.get('/health/live', hide, async () => ({ status: 'ok' }))
  for (const path of ['/health', '/health/startup', '/health/ready']) {
    app.get(path, hide, async (_request, reply) => {
      const report = await deps.readiness.report()
      return reply
        .code(report.status === 'unavailable' ? 503 : 200)
        .header('cache-control', 'no-store')
        .send(report)
    })
  }
}
