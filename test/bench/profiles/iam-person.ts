import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { json, password, type Answer, type Send } from './profile.ts'

interface State {
  readonly issuer: string
  readonly tenant: { readonly id: string }
}

type Post = (path: string, body?: object, headers?: Record<string, string>) => Promise<Answer>

/** The running stack. */
export const stateOf = () =>
  JSON.parse(readFileSync(process.env['IAM_STATE'] ?? '.dev/state.json', 'utf8')) as State

/** Asks the REST API of the tenant that the bench loads. */
export function poster(send: Send): Post {
  const tenant = { 'x-tenant-id': stateOf().tenant.id }
  return (path, body, headers = {}) =>
    body === undefined
      ? send('POST', `/api/v1${path}`, { ...tenant, ...headers })
      : send('POST', `/api/v1${path}`, { ...json, ...tenant, ...headers }, JSON.stringify(body))
}

/** Somebody new, logged in for the first time. */
export async function newPerson(post: Post) {
  const email = `bench-${randomUUID()}@bench.example`
  await post('/auth/register', { email, password })
  const { accessToken } = (await post('/auth/login', { email, password })).json() as { accessToken: string }
  return { email, bearer: { authorization: `Bearer ${accessToken}` } }
}

/** @throws what the service answered, where it did not do what the load needs. */
export function must(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer
  throw new Error(`Expected ${status}, got ${answer.status} ${answer.text.slice(0, 200)}`)
}
