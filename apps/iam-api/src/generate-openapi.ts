import fastifySwagger from '@fastify/swagger'
import { fastify } from 'fastify'
import { documentCommonProblems } from './routes/common-problems.ts'
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
  app.addHook('onRoute', documentCommonProblems)
  registerRoutes(app, nothing)
  await app.ready()
  return `${JSON.stringify(withOneProblem(app.swagger() as unknown as Document), undefined, 2)}\n`
}

interface Answer {
  content?: Record<string, { schema: ProblemSchema }>
}

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, Answer> }>>
  components: Record<string, object>
}

interface ProblemSchema {
  properties: { code: object }
}

/** Writes the problem document's schema once: an answer refers to it, and says only which codes it may carry. */
function withOneProblem(document: Document): object {
  let whole: ProblemSchema | undefined
  const answers = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ responses }) => Object.values(responses)),
  )
  for (const { content } of answers) {
    const problem = content?.['application/problem+json']
    if (problem === undefined) continue
    whole ??= problem.schema
    const { code } = problem.schema.properties
    Object.assign(problem, {
      schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code } }] },
    })
  }
  if (whole === undefined) return document
  const Problem = { ...whole, properties: { ...whole.properties, code: { type: 'string' } } }
  return { ...document, components: { ...document.components, schemas: { Problem } } }
}
