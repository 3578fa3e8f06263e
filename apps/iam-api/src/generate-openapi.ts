import fastifySwagger from '@fastify/swagger'
import { fastify } from 'fastify'
import { registerRoutes } from './routes/index.ts'
import type { App } from './app.ts'

const nothing = {} as never

/** The OpenAPI document of the routes as they are. Registering them needs no dependencies: nothing is called. */
export async function generateOpenApi(): Promise<string> {
  const app = fastify() as unknown as App
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'iam-api',
        version: '1',
        description: 'Errors are problem documents (RFC 9457); their codes are a closed list.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
  })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => () => '')
  registerRoutes(app, nothing)
  await app.ready()
  return `${JSON.stringify(app.swagger(), undefined, 2)}\n`
}
