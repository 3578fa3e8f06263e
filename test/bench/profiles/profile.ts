/** A server's whole answer. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly json: () => unknown
}

/** Sends one request to the server under load. */
export type Send = (
  method: string,
  path: string,
  headers?: Record<string, string>,
  body?: string,
) => Promise<Answer>

/** What a workload needs before it starts: names to log in with, refresh tokens, or what a session is shown by. */
export type Fixture = 'user' | 'refresh' | 'session'

/**
 * How a service is asked for what the workloads do. The form is the outside yardstick's, so that `iam.mjs` serves
 * there as it is.
 */
export interface Profile {
  /** Whether the service has what a workload asks for. */
  has(workload: string): boolean
  readonly paths?: { readonly jwks?: string; readonly discovery?: string }
  login?(send: Send, user: string): Promise<Answer>
  refresh?(send: Send, token: string): Promise<Answer>
  session?(send: Send, session: string): Promise<Answer>
  seed?(send: Send, fixture: Fixture, count: number): Promise<string[]>
}

export const json = { 'content-type': 'application/json' }

/** Not a secret: everything it opens is on this machine and gone when the bench ends. */
export const password = 'correct horse battery staple'

/** The fixtures of a service that has a door for the bench. */
export async function seedByDoor(send: Send, fixture: Fixture, count: number): Promise<string[]> {
  const answer = await send('GET', `/seed?fixture=${fixture}&count=${count}`)
  if (answer.status !== 200) throw new Error(`Seeding failed: ${answer.status} ${answer.text.slice(0, 200)}`)
  return answer.json() as string[]
}
