import type { App } from '@iam/iam-api/app'
import type { Deps } from '@iam/iam-api/deps'
import { buildServer } from '@iam/iam-api/server'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

export interface ServedRoute {
  readonly method: string
  /** As it was registered: `/t/:slug/sign-in`. */
  readonly url: string
}

/** Every route of iam-api, the hidden ones too, as its server registers them. Nothing is called. */
export async function servedRoutes(): Promise<ServedRoute[]> {
  const found: ServedRoute[] = []
  const note = (message: unknown) => {
    const { fastify } = message as { readonly fastify: App }
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) found.push({ method: each, url })
    })
  }
  subscribe('fastify.initialization', note)
  try {
    const nothing = { issuer: 'https://id.example.test' } as Deps
    const app = await buildServer(nothing, { trustedProxies: [], placeHeaders: [] })
    await app.close()
  } finally {
    unsubscribe('fastify.initialization', note)
  }
  return found
}

/** The addresses that are pages for people: a route outside the REST API that GET asks for. */
export async function pageRoutes(): Promise<string[]> {
  const routes = await servedRoutes()
  const pages = routes.filter(({ method, url }) => method === 'GET' && !notPages.test(url))
  return [...new Set([...pages.map(({ url }) => url), '/api/v1/errors'])]
}

const notPages = /^\/(api|health|\.well-known)|\.(css|js)$/

/** What the pages' script fetches: JSON, which leads nowhere. */
const fetched = /\/passkey\/options$/

/** Every address that a form of the pages can be sent to. */
export async function formRoutes(): Promise<string[]> {
  const routes = await servedRoutes()
  return routes.flatMap(({ method, url }) =>
    method === 'POST' && url.startsWith('/t/') && !fetched.test(url) ? [url] : [],
  )
}
