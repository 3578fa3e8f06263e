import { setTimeout } from 'node:timers/promises'
import { totpStep } from '@iam/domain/factor'
import { Authenticator } from '../../support/authenticator.ts'
import { must, newPerson, poster } from './iam-person.ts'
import { password, type Profile, type Send } from './profile.ts'

/** Somebody with an authenticator app. */
interface Holder {
  readonly email: string
  readonly app: Authenticator
  /** The time step of the last code they used; no step is taken twice. */
  usedStep: number
}

/** A worker's people: with one code in thirty seconds each, one person would be waited for. */
const crowds = new Map<string, Holder[]>()
const crowdSize = 24

/** This service, where people log in by a password and the code of an app: two requests, of which the second counts. */
export const iamTotp: Profile = {
  has: (workload) => workload === 'login',
  login: async (send, user) => {
    const post = poster(send)
    const { email, code } = await nextCode(crowds.get(user) ?? [])
    const first = must(await post('/auth/login', { email, password }), 401)
    const { challenge } = first.json() as { challenge: { id: string } }
    return post('/auth/mfa/verify', { challenge: challenge.id, code })
  },
  seed: async (send, _fixture, count) => {
    const workers = Array.from({ length: count }, (_, n) => `crowd ${n}`)
    for (const worker of workers) {
      const crowd: Holder[] = []
      for (let n = 0; n < crowdSize; n += 1) crowd.push(await addTotp(send))
      crowds.set(worker, crowd)
    }
    return workers
  },
}

/** A code that was not used, of the one in the crowd who has the oldest right to one. */
async function nextCode(crowd: readonly Holder[]): Promise<{ email: string; code: string }> {
  const [next] = crowd.toSorted((one, other) => one.usedStep - other.usedStep)
  if (next === undefined) throw new Error('Nobody here has an authenticator app.')
  const now = totpStep(new Date())
  const step = Math.max(next.usedStep + 1, now)
  if (step > now + 1) {
    await setTimeout(1_000)
    return nextCode(crowd)
  }
  next.usedStep = step
  return { email: next.email, code: next.app.code(step - now) }
}

async function addTotp(send: Send): Promise<Holder> {
  const post = poster(send)
  const { email, bearer } = await newPerson(post)
  const begun = must(await post('/me/mfa-factors', { kind: 'totp', name: 'load' }, bearer), 201)
  const { id, secret } = begun.json() as { id: string; secret: string }
  const app = new Authenticator(secret, () => new Date())
  const usedStep = totpStep(new Date())
  must(await post(`/me/mfa-factors/${id}/confirm`, { code: app.code() }, bearer), 200)
  return { email, app, usedStep }
}
