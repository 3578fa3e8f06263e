import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { newId, Refusal } from '@iam/domain/kit'
import { fastify } from 'fastify'
import type { Server } from 'node:http'
import type { App } from './app.ts'
import type { Deps } from './deps.ts'
import { logRequests } from './http/access-log.ts'
import { answerClientError } from './http/client-error.ts'
import { type GeoOptions, rememberGeo } from './http/geo.ts'
import { acceptOnlyJson } from './http/json-body.ts'
import { compileSchemasLazily } from './http/lazy-schemas.ts'
import { type PlaceOptions, rememberPlaces } from './http/place.ts'
import { problemOf } from './http/problem.ts'
import { traceRequests } from './http/trace-requests.ts'
import { sendErrorPage } from './pages/error-page.ts'
import { registerPages } from './pages/index.ts'
import { registerRoutes } from './routes/index.ts'

export interface ServerOptions extends PlaceOptions, GeoOptions {
  /** Addresses and networks whose X-Forwarded-For, and what they say of places, is believed. */
  readonly trustedProxies: readonly string[]
  /** One that listens already, and to which whoever had it listen gives what is built: see `listenEarly`. */
  readonly server?: Server
}

const bodyLimit = 64 * 1024
/** Milliseconds: for a whole request to come, and for the next one on a connection. */
const timeouts = { requestTimeout: 30_000, keepAliveTimeout: 72_000 }

/** The HTTP face of iam-api, complete but not listening: a test injects requests into it. */
export async function buildServer(deps: Deps, { server, ...options }: ServerOptions): Promise<App> {
  const app: App = fastify({
    logger: false,
    bodyLimit,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    genReqId: () => newId('req', deps.clock()),
    requestIdHeader: false,
    ...timeouts,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    ...(server && { serverFactory: () => Object.assign(server, timeouts) }),
    clientErrorHandler: (error, socket) => answerClientError(deps, error, socket),
    frameworkErrors: (error, request, reply) => {
      void sendErrorPage(deps, problemOf(deps, error, request), request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  acceptOnlyJson(app)
  compileSchemasLazily(app)
  traceRequests(app, deps, options)
  logRequests(app, deps)
  rememberPlaces(app, options)
  rememberGeo(app, options)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    requireKeys(deps, request.url)
  })
  app.setErrorHandler((error, request, reply) =>
    sendErrorPage(deps, problemOf(deps, error, request), request, reply),
  )
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(app, request.url)
    if (allowed.length === 0) return sendErrorPage(deps, { code: 'not_found' }, request, reply)
    return sendErrorPage(
      deps,
      { code: 'method_not_allowed' },
      request,
      reply.header('allow', allowed.join(', ')),
    )
  })
  registerRoutes(app, deps)
  await registerPages(app, deps)
  return app
}

/** Before all keys are loaded a good token would look like a stranger's: "try again" is the only true answer. */
function requireKeys({ secrets, signingKeys, clock }: Deps, url: string): void {
  if (url.startsWith('/health') || (secrets.isComplete(clock()) && signingKeys.isComplete)) return
  throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
}

function methodsOf(app: App, url: string): string[] {
  const path = url.split('?')[0] ?? ''
  return (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(
    (method) => app.findRoute({ method, url: path }) !== null,
  )
}
