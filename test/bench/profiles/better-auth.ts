import { json, password, type Answer, type Profile, type Send } from './profile.ts'

const base = '/api/auth'

const login = (send: Send, email: string): Promise<Answer> =>
  send('POST', `${base}/sign-in/email`, json, JSON.stringify({ email, password }))

/** better-auth: a session is shown by its cookies. */
export const betterAuth: Profile = {
  has: (workload) => ['login', 'session'].includes(workload),
  login,
  session: (send, cookie) => send('GET', `${base}/get-session`, { cookie }),
  async seed(send, fixture, count) {
    const made: string[] = []
    for (let n = 0; n < count; n += 1) {
      const email = `bench-${n}@bench.example`
      const { headers } = await openSession(send, email)
      made.push(fixture === 'user' ? email : cookiesOf(headers))
    }
    return made
  },
}

async function openSession(send: Send, email: string): Promise<Answer> {
  const known = await login(send, email)
  if (known.status === 200) return known
  await send('POST', `${base}/sign-up/email`, json, JSON.stringify({ email, password, name: email }))
  const opened = await login(send, email)
  if (opened.status === 200) return opened
  throw new Error(`Seeding failed: ${opened.status} ${opened.text.slice(0, 200)}`)
}

function cookiesOf(headers: Answer['headers']): string {
  const set = [headers['set-cookie'] ?? []].flat()
  return set.map((cookie) => cookie.split(';')[0]).join('; ')
}
