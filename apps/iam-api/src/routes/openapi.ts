import document from '../openapi.generated.json' with { type: 'json' }
import type { App } from '../app.ts'

/** The OpenAPI 3.1 document, generated from the route schemas by `npm run generate`. */
export function openApiRoute(app: App): void {
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send(document),
  )
}
