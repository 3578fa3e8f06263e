import { type Stack, startStack } from '@iam/local-stack/stack'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, call, checkSession, logIn, refresh, type Tokens } from '../support/client.ts'

/** Asks again and again while something is broken. */
class Traffic {
  readonly answers: Answer[] = []
  #stopped = false
  readonly #done: Promise<void>

  constructor(ask: () => Promise<Answer>) {
    this.#done = this.#run(ask)
  }

  async stop(): Promise<Map<number, number>> {
    this.#stopped = true
    await this.#done
    return new Map(
      [...Map.groupBy(this.answers, (answer) => answer.status)].map(([status, all]) => [status, all.length]),
    )
  }

  async #run(ask: () => Promise<Answer>): Promise<void> {
    while (!this.#stopped) {
      this.answers.push(await ask())
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

const seconds = (n: number) => new Promise((resolve) => setTimeout(resolve, n * 1000))

describe('with a part of it away', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ durable: true }) // it is killed, and what was committed must be there
  })
  afterAll(() => stack.stop())

  const ready = async () => (await call(`${stack.state.api.url}/health/ready`)).body

  async function expectRecovery(tokens: Tokens): Promise<Tokens> {
    const answer = async () => refresh(stack.state, tokens.refreshToken)
    let last = await answer()
    await expect
      .poll(
        async () => {
          last = await answer()
          return last.status
        },
        { timeout: 15_000 },
      )
      .toBe(200)
    return last.body as unknown as Tokens
  }

  test('Postgres: answers 503 that may be retried, verifies offline, and recovers without a restart', async () => {
    const { state } = stack
    const tokens = await logIn(state)
    const keySet = (await call(`${state.issuer}/.well-known/jwks.json`)).body as unknown as JSONWebKeySet
    const pids = { ...state.pids }
    const traffic = new Traffic(() => refresh(state, tokens.refreshToken))
    await stack.program('postgres').kill()
    await seconds(3)
    expect((await call(`${state.issuer}/.well-known/jwks.json`)).status).toBe(200)
    await jwtVerify(tokens.accessToken, createLocalJWKSet(keySet), { issuer: state.issuer })
    expect(await ready()).toMatchObject({
      status: 'degraded',
      checks: { postgres: 'failing', signing: 'ok' },
    })
    await stack.program('postgres').start()
    await seconds(1)
    const statuses = await traffic.stop()
    expect(new Set(statuses.keys())).toEqual(new Set([200, 503]))
    for (const answer of traffic.answers.filter(({ status }) => status === 503)) {
      expect(answer.body).toMatchObject({ code: 'temporarily_unavailable', retriable: true })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
    await logIn(state)
    const { pids: now } = stack.state
    expect({ ...now, postgres: 0 }).toEqual({ ...pids, postgres: 0 })
    await expect.poll(ready, { timeout: 10_000 }).toMatchObject({ status: 'ok' })
  })

  test('Redis: reads sessions from Postgres, logs in and refreshes, and says it is degraded', async () => {
    const { state } = stack
    const tokens = await logIn(state)
    const traffic = new Traffic(() => checkSession(state, tokens.accessToken))
    await seconds(0.2)
    await stack.program('redis').kill()
    const during = await logIn(state)
    expect((await refresh(state, during.refreshToken)).status).toBe(200)
    await seconds(2.5)
    expect(await ready()).toMatchObject({ status: 'degraded', checks: { redis: 'failing' } })
    await stack.program('redis').start()
    await seconds(1)
    expect([...(await traffic.stop()).keys()]).toEqual([200])
    await expect.poll(ready, { timeout: 10_000 }).toMatchObject({ status: 'ok' })
  })

  test('Redis restarted empty: a session that was ended stays ended', async () => {
    const { state } = stack
    const tokens = await logIn(state)
    const authorization = `Bearer ${tokens.accessToken}`
    await call(`${state.issuer}/api/v1/auth/logout`, { method: 'POST', headers: { authorization } })
    await stack.program('redis').kill()
    await stack.program('redis').start()
    expect((await checkSession(state, tokens.accessToken)).body).toMatchObject({ code: 'session_ended' })
  })

  test('KMS: running instances go on signing; a new one is not ready until KMS is there', async () => {
    const { state } = stack
    const tokens = await logIn(state)
    await stack.program('google').kill()
    await logIn(state)
    const next = await expectRecovery(tokens)
    await seconds(2.5)
    expect(await ready()).toMatchObject({ status: 'degraded', checks: { kms: 'failing', signing: 'ok' } })
    await stack.program('iam-api').kill()
    const starting = stack.program('iam-api').start()
    await expect
      .poll(
        () =>
          call(`${state.api.url}/health/live`).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(200)
    expect((await call(`${state.api.url}/health/ready`)).status).toBe(503)
    expect((await refresh(state, next.refreshToken)).body).toMatchObject({ code: 'temporarily_unavailable' })
    await stack.program('google').start()
    await starting
    await expectRecovery(next)
  })

  test('everything behind iam-jwks: it goes on answering, also after its own restart', async () => {
    const { state } = stack
    const before = (await call(`${state.jwks.url}/.well-known/jwks.json`)).body
    for (const name of ['iam-api', 'iam-worker', 'postgres', 'redis', 'google'] as const)
      await stack.program(name).kill()
    expect((await call(`${state.jwks.url}/.well-known/jwks.json`)).body).toEqual(before)
    await stack.program('iam-jwks').restart()
    expect((await call(`${state.jwks.url}/.well-known/jwks.json`)).body).toEqual(before)
    await stack.program('storage').kill()
    await seconds(1)
    expect((await call(`${state.jwks.url}/.well-known/jwks.json`)).body).toEqual(before)
    for (const name of ['storage', 'google', 'redis', 'postgres', 'iam-worker', 'iam-api'] as const)
      await stack.program(name).start()
    await logIn(state)
  })

  test('a tampered, an unsigned and an older key set in the store: refused, the last good one stays', async () => {
    const { state } = stack
    const object = `${state.store.url}/storage/v1/b/iam-dev/o/${encodeURIComponent('key-set/jwks.jwt')}?alt=media`
    const good = await (await fetch(object)).text()
    const serve = async () => (await fetch(`${state.jwks.url}/.well-known/jwks.jwt`)).text()
    await expect.poll(serve, { timeout: 10_000 }).toBe(good)
    const [header, , signature] = good.split('.')
    const claims = JSON.parse(Buffer.from(good.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >
    const payload = Buffer.from(
      JSON.stringify({ ...claims, version: Number(claims['version']) + 1 }),
    ).toString('base64url')
    for (const bad of [`${header}.${payload}.${signature}`, `${header}.${payload}.`, 'nonsense', '']) {
      await put(state.store.url, bad)
      await seconds(2.5) // it is read every two seconds here
      expect(await serve()).toBe(good)
      expect((await call(`${state.jwks.url}/health/ready`)).status).toBe(200)
    }
    await put(state.store.url, good)
  })

  async function put(store: string, body: string): Promise<void> {
    const url = `${store}/upload/storage/v1/b/iam-dev/o?uploadType=media&name=${encodeURIComponent('key-set/jwks.jwt')}`
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/jwk-set+jwt' },
      body,
    })
    expect(response.status).toBe(200)
  }
})
