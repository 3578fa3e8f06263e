import { problemKinds, type ProblemCode } from '@iam/iam-api/problem-codes'
import { expect } from 'vitest'
import type { Operation } from './operations.ts'

export interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly body: string
}

const members = ['code', 'detail', 'requestId', 'retriable', 'status', 'title', 'traceId', 'type']

/** Expects that an answer is one that the operation documents, status, type, code and body. @returns its code, if it has one. */
export function expectDocumented(operation: Operation, answer: Answer): ProblemCode | undefined {
  const { statusCode, headers, body } = answer
  const told = `${operation.name} answered ${statusCode}: ${body.slice(0, 500)}`
  const documented = operation.answers.get(statusCode)
  expect(documented, `${told}, which it does not document`).toBeDefined()
  expect(headers['x-request-id'], told).toMatch(/^req_/)
  expect(headers['x-content-type-options'], told).toBe('nosniff')
  const code = statusCode >= 400 ? expectProblem(answer, told) : undefined
  if (operation.secured && operation.method === 'GET') expect(headers['cache-control'], told).toBe('no-store')
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? ''
  if ((documented?.bodies.size ?? 0) === 0) {
    expect(body, told).toBe('')
    return code
  }
  const validate = documented?.bodies.get(type)
  expect(validate, `${told}, as ${type}, which it does not document`).toBeDefined()
  const parsed: unknown = JSON.parse(body)
  expect(validate?.(parsed) === true ? [] : validate?.errors, told).toEqual([])
  return code
}

/** Expects a problem document with a code of the closed list, whatever was asked. @returns the code. */
export function expectProblem({ statusCode, headers, body }: Answer, told: string): ProblemCode {
  expect(headers['content-type'], told).toBe('application/problem+json')
  expect(headers['cache-control'], told).toBe('no-store')
  const problem = JSON.parse(body) as Record<string, unknown>
  expect(Object.keys(problem), told).toEqual(expect.arrayContaining(members))
  const code = problem['code'] as ProblemCode
  const kind = problemKinds[code]
  expect(kind, `${told}: its code is not in the list`).toBeDefined()
  expect(problem, told).toMatchObject({ status: kind.status, title: kind.title, retriable: kind.retriable })
  expect(statusCode, told).toBe(kind.status)
  if (kind.retriable) expect(Number(headers['retry-after']), told).toBeGreaterThanOrEqual(1)
  if (statusCode >= 500) expect(statusCode, told).toBe(503)
  expect(body, told).not.toMatch(/node_modules|\.ts:\d|\n\s+at /)
  return code
}
