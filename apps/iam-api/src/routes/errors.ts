import { problemKinds } from '../http/problem-codes.ts'
import type { App } from '../app.ts'

/** What a problem document's `type` points to: every code, what it means and what to do. */
export function errorsRoute(app: App): void {
  app.get('/api/v1/errors', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
      .header('cache-control', 'public, max-age=3600')
      .send(page),
  )
}

const entries = Object.entries(problemKinds).map(
  ([code, { status, title, help, retriable }]) =>
    `<dt id="${code}"><code>${code}</code> (${status}${retriable ? ', may be retried' : ''})</dt><dd>${title}. ${help}</dd>`,
)

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Errors</title>
<main><h1>Errors</h1><dl>${entries.join('\n')}</dl></main></html>`
