import type { RouteOptions } from 'fastify'
import type { ProblemCode } from '../http/problem-codes.ts'
import { type ProblemAnswer, problems, TenantHeader, tenantProblems } from './schemas.ts'

const takesBody = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Adds to a route's problem answers what is refused before the route is asked: of a body, and of the tenant that
 * the header names. For the OpenAPI document alone: no answer is made from it.
 */
export function documentCommonProblems(route: RouteOptions): void {
  const { schema, method } = route
  if (schema?.response === undefined) return
  const response = schema.response as Record<number, Partial<ProblemAnswer>>
  const common: ProblemCode[] = [
    ...(takesBody.has(String(method)) ? (['payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(schema.headers === TenantHeader ? tenantProblems : []),
  ]
  const own = Object.values(response).flatMap(codesOf)
  route.schema = { ...schema, response: { ...response, ...problems(...own, ...common) } }
}

function codesOf({ content }: Partial<ProblemAnswer>): readonly ProblemCode[] {
  return content?.['application/problem+json']?.schema.properties.code.enum ?? []
}
