import type { App } from '../app.ts'

/** The OpenAPI 3.1 document, generated from the route schemas by `npm run generate`. */
export function openApiRoute(app: App): void {
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    // Read when it is first asked for: most instances never are, and every start would be longer for it.
    const { default: document } = await import('../openapi.generated.json', { with: { type: 'json' } })
    return reply.header('cache-control', 'public, max-age=300').send(document)
  })
}
