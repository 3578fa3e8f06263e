import { Refusal, type ChallengeToAnswer, type Standing } from '@iam/domain/kit'
import { isUnavailable } from '@iam/platform/postgres'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { tellStandings } from './limit-headers.ts'
import { problemKinds, type ProblemCode } from './problem-codes.ts'
import { contextOf } from './request-context.ts'

/** The one answer to everything that goes wrong (RFC 9457). */
export interface Problem {
  readonly code: ProblemCode
  readonly detail?: string | undefined
  readonly reason?: string | undefined
  readonly retryAfter?: number | undefined
  readonly maxAge?: number | undefined
  readonly acr?: string | undefined
  readonly challenge?: ChallengeToAnswer | undefined
  readonly standings?: readonly Standing[]
}

/** The transport's own refusal, thrown where no verb was asked. */
export class TransportRefusal extends Error {
  readonly code: ProblemCode
  readonly detail: string | undefined

  constructor(code: ProblemCode, detail?: string) {
    super(code)
    this.code = code
    this.detail = detail
  }
}

/** What to answer to a thrown thing. What nobody refused on purpose is logged here. */
export function problemOf(deps: Pick<Deps, 'log'>, error: unknown, request: FastifyRequest): Problem {
  const problem = judge(error)
  if (problem.code === 'internal_error') {
    deps.log.error(
      { err: error, request_id: request.id, trace_id: contextOf(request).traceId },
      'A request failed unexpectedly',
    )
  } else if (problem.code === 'temporarily_unavailable' && !(error instanceof Refusal)) {
    deps.log.warn(
      { err: error, request_id: request.id, trace_id: contextOf(request).traceId },
      'A dependency is away',
    )
  }
  return problem
}

/** Sends a problem document. */
export function sendProblem(
  deps: Pick<Deps, 'issuer' | 'metrics'>,
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, retriable } = problemKinds[problem.code]
  deps.metrics.refused(request.routeOptions.url ?? 'none', problem.code)
  contextOf(request).set({ 'problem.code': problem.code })
  if (retriable) reply.header('retry-after', String(problem.retryAfter ?? 1))
  if (problem.standings !== undefined) tellStandings(reply, problem.standings)
  if (problem.code === 'invalid_token' || problem.code === 'session_ended') {
    reply.header('www-authenticate', 'Bearer error="invalid_token"')
  }
  if (problem.code === 'reauthentication_required') {
    const acr = problem.acr === undefined ? '' : `, acr_values="${problem.acr}"`
    const wanted = `max_age="${problem.maxAge ?? 0}"${acr}`
    reply.header('www-authenticate', `Bearer error="insufficient_user_authentication", ${wanted}`) // RFC 9470 3
  }
  return reply
    .code(status)
    .header('x-request-id', request.id)
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .header('content-type', 'application/problem+json')
    .serializer(JSON.stringify)
    .send(
      problemDocument(deps.issuer, problem, {
        requestId: request.id,
        traceId: contextOf(request).traceId,
      }),
    )
}

/** The body of an answer to what went wrong. */
export function problemDocument(
  issuer: string,
  problem: Problem,
  { requestId, traceId }: { readonly requestId: string; readonly traceId: string },
) {
  const { status, title, retriable, help } = problemKinds[problem.code]
  return {
    type: `${issuer}/api/v1/errors#${problem.code}`,
    title,
    status,
    detail: problem.detail ?? help,
    code: problem.code,
    ...(problem.reason === undefined ? {} : { reason: problem.reason }),
    ...(problem.challenge === undefined ? {} : { challenge: toJson(problem.challenge) }),
    traceId,
    requestId,
    retriable,
  }
}

function toJson({ id, factors, expiresAt }: ChallengeToAnswer) {
  return { id, factors: [...factors], expiresAt: expiresAt.toISOString() }
}

function judge(error: unknown): Problem {
  if (error instanceof Refusal || error instanceof TransportRefusal) return error
  // Fastify gives a status to what went wrong with the request itself, such as a caller who hangs up half-way.
  if (isUnavailable(error) && (error as FastifyError).statusCode === undefined) {
    return { code: 'temporarily_unavailable', retryAfter: 1 + Math.floor(Math.random() * 3) }
  }
  return ofFastify(error as FastifyError)
}

/** Fastify's own refusals of requests: schema, body, media type and path. */
function ofFastify(error: FastifyError): Problem {
  if (error.validation !== undefined) return { code: 'invalid_request', detail: validationDetail(error) }
  if (error.statusCode === 413) return { code: 'payload_too_large' }
  if (error.statusCode === 415) return { code: 'unsupported_media_type' }
  if (error.statusCode === 414) return { code: 'invalid_request', detail: 'The path is too long.' }
  if (error.statusCode === 400) return { code: 'invalid_request', detail: detailOf(error) }
  return { code: 'internal_error' }
}

function detailOf({ code }: FastifyError): string {
  switch (code) {
    case 'FST_ERR_BAD_URL':
      return 'The path is not well formed: after each % there must be two digits of UTF-8 in hexadecimal.'
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return 'The body is not as long as Content-Length says.'
    default:
      return 'The body is not well-formed JSON.'
  }
}

/** Where the request differs from its schema. Names and rules only: a value could be a password. */
function validationDetail(error: FastifyError): string {
  const where = error.validationContext ?? 'request'
  const faults = (error.validation ?? []).map(({ instancePath, keyword, params, message }) => {
    const extra = keyword === 'additionalProperties' ? ` (${String(params['additionalProperty'])})` : ''
    return `${where}${instancePath} ${message ?? keyword}${extra}`
  })
  return faults.join('; ').slice(0, 500)
}
