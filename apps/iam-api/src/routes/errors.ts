import { problemKinds } from '../http/problem-codes.ts'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { pageHeaders } from '../pages/page-headers.ts'
import { stylesheetPath } from '../pages/stylesheet.ts'

/** What a problem document's `type` points to: every code, what it means and what to do. */
export function errorsRoute(app: App, deps: Pick<Deps, 'issuer'>): void {
  app.get('/api/v1/errors', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .headers(pageHeaders(deps))
      // These words are everybody's.
      .header('cache-control', 'public, max-age=3600')
      .type('text/html; charset=utf-8')
      .send(page),
  )
}

const entries = Object.entries(problemKinds).map(
  ([code, { status, title, help, retriable }]) =>
    `<dt id="${code}"><code>${code}</code> (${status}${retriable ? ', may be retried' : ''})</dt><dd>${title}. ${help}</dd>`,
)

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Errors</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="${stylesheetPath}">
</head>
<body class="wide">
<main>
<h1>Errors</h1>
<p class="lead">The codes of the problem documents that the REST API answers with.</p>
<dl>
${entries.join('\n')}
</dl>
</main>
</body>
</html>
`
