import type { Profile, Send } from '../profiles/profile.ts'
import type { Operation } from './closed-loop.ts'

/** Seeds what it needs, for so many workers, and says what one operation is. */
type Workload = (send: Send, profile: Profile, workers: number) => Promise<Operation>

/** What a server can be loaded with. */
export const workloads = {
  login: async (send, profile, workers) => {
    const users = await seed(send, profile, { fixture: 'user', workers })
    return async (worker) => {
      const answer = await profile.login?.(send, users[worker] ?? '')
      return answer?.status === 200 && answer.text.length > 20
    }
  },

  // Many at once, most of whom are refused: right is a login, or a refusal that says when to come back.
  storm: async (send, profile, workers) => {
    const users = await seed(send, profile, { fixture: 'user', workers: Math.min(workers, 16) })
    return async (worker) => {
      const answer = await profile.login?.(send, users[worker % users.length] ?? '')
      if (answer?.status === 200) return 'let in'
      const isTold = [429, 503].includes(answer?.status ?? 0) && Number(answer?.headers['retry-after']) > 0
      return isTold && `refused with ${answer?.status} and Retry-After`
    }
  },

  // Each worker has a family of its own and rotates it.
  refresh: async (send, profile, workers) => {
    const tokens = await seed(send, profile, { fixture: 'refresh', workers })
    return async (worker) => {
      const answer = await profile.refresh?.(send, tokens[worker] ?? '')
      if (answer?.status !== 200) return false
      const body = answer.json() as { refreshToken?: string; refresh_token?: string }
      const next = body.refreshToken ?? body.refresh_token
      if (next === undefined || next === tokens[worker]) return false
      tokens[worker] = next
      return true
    }
  },

  session: async (send, profile, workers) => {
    const sessions = await seed(send, profile, { fixture: 'session', workers })
    return async (worker) => {
      const answer = await profile.session?.(send, sessions[worker] ?? '')
      return answer?.status === 200 && answer.text.length > 20
    }
  },

  jwks: async (send, profile) => {
    const path = profile.paths?.jwks ?? '/'
    return async () => {
      const answer = await send('GET', path)
      return answer.status === 200 && answer.text.includes('"keys"')
    }
  },

  jwks304: async (send, profile) => {
    const path = profile.paths?.jwks ?? '/'
    const { etag } = (await send('GET', path)).headers
    if (typeof etag !== 'string') throw new Error('The server gives no ETag.')
    const headers = { 'if-none-match': etag }
    return async () => (await send('GET', path, headers)).status === 304
  },

  discovery: async (send, profile) => {
    const path = profile.paths?.discovery ?? '/'
    return async () => {
      const answer = await send('GET', path)
      return answer.status === 200 && answer.text.includes('"issuer"')
    }
  },

  // Paths that nobody knows, headers as long as they may be, and bodies that nobody wants: any answer is right.
  hostile: async (send, profile) => {
    const path = profile.paths?.jwks ?? '/'
    const long = { 'x-long': 'x'.repeat(7_000) }
    const tags = { 'if-none-match': Array.from({ length: 200 }, (_, n) => `"not the tag ${n}"`).join() }
    const codings = {
      'accept-encoding': Array.from({ length: 200 }, (_, n) => `coding-${n};q=0.${n}`).join(),
    }
    let n = 0
    const asks = [
      () => send('GET', `/.well-known/jwks/${(n += 1)}.json`),
      () => send('GET', `${path}?bust=${(n += 1)}`),
      () => send('GET', path, long),
      () => send('GET', path, tags),
      () => send('GET', path, codings),
      () => send('HEAD', path),
      () => send('POST', path, {}, 'x'.repeat(32_768)),
    ]
    return async () => ((await asks[(n += 1) % asks.length]?.())?.status ?? 0) >= 200
  },
} satisfies Record<string, Workload>

export type WorkloadName = keyof typeof workloads

async function seed(
  send: Send,
  profile: Profile,
  { fixture, workers }: { fixture: 'user' | 'refresh' | 'session'; workers: number },
): Promise<string[]> {
  if (profile.seed === undefined) throw new Error('The profile cannot seed.')
  return profile.seed(send, fixture, workers)
}
