import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmulatorControl } from '@iam/emulator/google'
import { freePort } from '@iam/local-stack/ports'
import { type Environment, type Stack, startStack } from '@iam/local-stack/stack'
import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { cheapHashes } from '../support/cheap-hashes.ts'
import {
  type Answer,
  call,
  checkSession,
  logIn,
  post,
  refresh,
  type Tokens,
  untilServed,
} from '../support/client.ts'
import { subscribe } from '../support/events.ts'
import { startInstance } from '../support/start-instance.ts'
import { Traffic } from '../support/traffic.ts'
import { type WatchedSource, watchSource } from '../support/watched-source.ts'

describe('with a part of it away', { timeout: 480_000 }, () => {
  let stack: Stack
  let apiEnvironment: Environment
  let postgresOfApi: TcpProxy
  let keySetOfJwks: WatchedSource
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'outages-'))
    // Durable, because it is killed, and what was committed must be there.
    stack = await startStack({ durable: true, adjust })
  })
  afterAll(async () => {
    await stack.stop()
    postgresOfApi.close()
    keySetOfJwks.close()
    await rm(directory, { recursive: true })
  })

  async function adjust(program: string, environment: Environment): Promise<Environment> {
    if (program === 'iam-api') {
      const url = new URL(environment['DATABASE_URL'] ?? '')
      postgresOfApi = await startTcpProxy({ port: Number(url.port) })
      url.port = String(postgresOfApi.port)
      apiEnvironment = { ...environment, ...cheapHashes, DATABASE_URL: url.href }
      return apiEnvironment
    }
    if (program === 'iam-jwks') {
      keySetOfJwks = await watchSource(environment['IAM_KEY_SET_URL'] ?? '')
      const IAM_KEY_SET_COPY = join(directory, 'jwks.jwt')
      const IAM_KEY_SET_HISTORY_URL = new URL('historical.jwt', environment['IAM_KEY_SET_URL']).href
      const ours = { IAM_KEY_SET_URL: keySetOfJwks.url, IAM_KEY_SET_HISTORY_URL, IAM_KEY_SET_COPY }
      return { ...environment, ...ours }
    }
    return environment
  }

  /** Asks the database past iam-api's proxy and past row-level security. */
  async function look<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    const client = new pg.Client({ connectionString: stack.state.database.superuserUrl })
    await client.connect()
    try {
      return (await client.query<R>(sql, values)).rows
    } finally {
      await client.end()
    }
  }

  const readiness = () => call(`${stack.state.api.url}/health/ready`)
  const ready = async () => (await readiness()).body

  /** A client that goes on with each successor it gets, and comes again with the same token when it gets none. */
  function refreshing(tokens: Tokens): () => Promise<Answer> {
    let { refreshToken } = tokens
    return async () => {
      const answer = await refresh(stack.state, refreshToken)
      if (answer.status === 200) refreshToken = String(answer.body['refreshToken'])
      return answer
    }
  }

  async function tryToLogIn(): Promise<Answer> {
    const { issuer, tenant, user } = stack.state
    return post(issuer, '/auth/login', user, { 'x-tenant-id': tenant.slug })
  }

  /** Leaves no session behind: one too many would end the person's oldest, which other traffic is about. */
  async function tryToLogInAndOut(): Promise<Answer> {
    const answer = await tryToLogIn()
    const authorization = `Bearer ${String(answer.body['accessToken'])}`
    if (answer.status === 200)
      await post(stack.state.issuer, '/auth/logout', undefined, { authorization }).catch(() => undefined)
    return answer
  }

  /** Logins, refreshes of several sessions, and checks of one of them, all at the same time. */
  async function everyTraffic() {
    const sessions: Tokens[] = []
    while (sessions.length < 6) sessions.push(await logIn(stack.state))
    const { accessToken } = sessions[0] ?? (await logIn(stack.state))
    const others = [new Traffic(tryToLogInAndOut), new Traffic(() => checkSession(stack.state, accessToken))]
    const refreshes = sessions.map((tokens) => new Traffic(refreshing(tokens)))
    const traffics = [...others, ...refreshes]
    onTestFinished(() => Promise.allSettled(traffics.map((traffic) => traffic.stop())).then(() => undefined))
    return { sessions, traffics, refreshes, others }
  }

  /** Every refusal was one to come again after, and said so. */
  function expectRefusalsForNow({ answers }: Traffic): void {
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(answer.body).toMatchObject({ status: 503, retriable: true })
      expect(['temporarily_unavailable', 'login_busy']).toContain(answer.body['code'])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
  }

  /** Each traffic has had so many more answers, of a status where one is named. */
  async function goOn(traffics: readonly Traffic[], more: number, status?: number): Promise<void> {
    const enough = traffics.map((traffic) => traffic.count(status) + more)
    const isEnough = () => traffics.every((traffic, n) => traffic.count(status) >= (enough[n] ?? 0))
    await expect.poll(isEnough, { timeout: 60_000 }).toBe(true)
  }

  async function expectRecovery(tokens: Tokens): Promise<Tokens> {
    const answer = async () => refresh(stack.state, tokens.refreshToken)
    let last = await answer()
    await expect
      .poll(
        async () => {
          last = await answer()
          return last.status
        },
        { timeout: 60_000 },
      )
      .toBe(200)
    return last.body as unknown as Tokens
  }

  test('Postgres: answers 503 that may be retried, verifies offline, and recovers without a restart', async () => {
    const { state } = stack
    const tokens = await logIn(state)
    const others = await logIn(state)
    const keySet = (await call(`${state.issuer}/.well-known/jwks.json`)).body as unknown as JSONWebKeySet
    const pids = { ...state.pids }
    const logins = new Traffic(tryToLogInAndOut)
    await goOn([logins], 3, 200)
    await stack.program('postgres').kill()
    // It begins when nothing can be committed: a refresh whose reply is lost has ten seconds to come again, and a
    // start can take longer.
    const refreshes = new Traffic(refreshing(others))
    await goOn([logins, refreshes], 1, 503)
    expect((await call(`${state.issuer}/.well-known/jwks.json`)).status).toBe(200)
    await jwtVerify(tokens.accessToken, createLocalJWKSet(keySet), { issuer: state.issuer })
    await expect
      .poll(ready, { timeout: 60_000 })
      .toMatchObject({ status: 'degraded', checks: { postgres: 'failing', signing: 'ok' } })
    await stack.program('postgres').start()
    for (const traffic of [logins, refreshes]) {
      await goOn([traffic], 1, 200)
      expect(await traffic.stop()).toEqual([200, 503])
      expectRefusalsForNow(traffic)
    }
    await logIn(state)
    const { pids: now } = stack.state
    expect({ ...now, postgres: 0 }).toEqual({ ...pids, postgres: 0 })
    await expect.poll(ready, { timeout: 60_000 }).toMatchObject({ status: 'ok' })
  })

  test('Postgres silent: refuses everything for now instead of hanging, and loses nothing', async () => {
    const { state } = stack
    const events = await subscribe(state, 'session')
    onTestFinished(() => events.close())
    const { sessions, traffics, refreshes, others } = await everyTraffic()
    await goOn(traffics, 5, 200)
    // First for no longer than it takes to refuse every refresh: one whose reply was lost has ten seconds to come
    // again. A check is refused only when the feed of revocations is out of date too.
    for (const refused of [refreshes, others]) {
      postgresOfApi.fallSilent()
      await goOn(refused, 1, 503) // a question that nobody answers at all fails the traffic
      await postgresOfApi.heal()
      await goOn(refused, 5, 200)
      if (refused === refreshes) for (const traffic of refreshes) await traffic.stop()
    }
    for (const traffic of traffics) {
      expect(await traffic.stop()).toEqual([200, 503])
      expectRefusalsForNow(traffic)
      expect(traffic.answers.at(-1)?.status).toBe(200)
    }
    await expect.poll(ready, { timeout: 60_000 }).toMatchObject({ status: 'ok' })
    for (const { session } of sessions) {
      const [stored] = await look<{ generation: number; events: number; revoked: boolean }>(
        `select f.generation::int, s.last_sequence::int as events, f.revoked_at is not null as revoked
           from iam.refresh_family f join iam.outbox_stream s on s.ordering_key = f.tenant_id || ':' || f.session_id
          where f.session_id = $1`,
        [session.id],
      )
      // One event of its beginning and one of each rotation, the lost replies among them, each in its turn.
      expect(stored).toMatchObject({ events: stored?.generation, revoked: false })
      const turns = Array.from({ length: stored?.events ?? 0 }, (_, n) => n + 1)
      const arrived = () => events.of(session.id).map((event) => event.sequence)
      await expect.poll(arrived, { timeout: 60_000 }).toEqual(turns)
    }
  })

  test('Postgres fails over: every connection is cut, then it only reads: 503, no restart, nothing is lost', async () => {
    const { state } = stack
    const events = await subscribe(state, 'session')
    onTestFinished(() => events.close())
    const { sessions, traffics, refreshes, others } = await everyTraffic()
    const pids = { ...state.pids }
    await goOn(traffics, 3, 200)
    for (let cuts = 0; cuts < 3; cuts += 1) {
      await look("select pg_terminate_backend(pid) from pg_stat_activity where usename like 'iam\\_%'")
      await goOn(traffics, 3, 200)
    }
    onTestFinished(() => setReadOnly('off'))
    await setReadOnly('on')
    // The connections of a primary that is none any more are cut; those that are left would go on writing.
    await look("select pg_terminate_backend(pid) from pg_stat_activity where usename like 'iam\\_%'")
    await goOn([...refreshes, ...others.slice(0, 1)], 2, 503)
    await setReadOnly('off')
    await goOn(traffics, 5, 200)
    for (const traffic of traffics) {
      await traffic.stop()
      expectRefusalsForNow(traffic)
      expect(traffic.answers.at(-1)?.status).toBe(200)
    }
    const asked = await look<{ id: string }>(
      `select (graphile_worker.add_job('tidy-magic-links', '{"by": "operator"}'::json)).id`,
    )
    expect(asked).toHaveLength(1)
    const done = async () =>
      (await look("select from iam.job_run where cause = 'operator' and outcome = 'succeeded'")).length
    await expect.poll(done, { timeout: 120_000 }).toBe(1)
    for (const { session } of sessions) {
      const [stored] = await look<{ events: number }>(
        `select last_sequence::int as events from iam.outbox_stream where ordering_key like '%:' || $1`,
        [session.id],
      )
      const turns = Array.from({ length: stored?.events ?? 0 }, (_, n) => n + 1)
      const arrived = () => events.of(session.id).map((event) => event.sequence)
      await expect.poll(arrived, { timeout: 120_000 }).toEqual(turns)
    }
    expect(stack.state.pids).toEqual(pids)
    await expect.poll(ready, { timeout: 60_000 }).toMatchObject({ status: 'ok' })
  })

  async function setReadOnly(value: 'on' | 'off'): Promise<void> {
    await look(`alter system set default_transaction_read_only = ${value}`)
    await look('select pg_reload_conf()')
  }

  test('Redis: reads sessions from Postgres, logs in and refreshes, and says it is degraded', async () => {
    const { state } = stack
    const tokens = await logIn(state)
    const traffic = new Traffic(() => checkSession(state, tokens.accessToken))
    await goOn([traffic], 3, 200)
    await stack.program('redis').kill()
    const during = await logIn(state)
    expect((await untilServed(() => refresh(state, during.refreshToken))).status).toBe(200)
    await expect
      .poll(ready, { timeout: 60_000 })
      .toMatchObject({ status: 'degraded', checks: { redis: 'failing' } })
    await stack.program('redis').start()
    await goOn([traffic], 3, 200)
    expect(await traffic.stop()).toEqual([200])
    await expect.poll(ready, { timeout: 60_000 }).toMatchObject({ status: 'ok' })
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
    await expect
      .poll(ready, { timeout: 60_000 })
      .toMatchObject({ status: 'degraded', checks: { kms: 'failing', signing: 'ok' } })
    await stack.program('iam-api').kill()
    const starting = stack.program('iam-api').start()
    await expect
      .poll(
        () =>
          call(`${state.api.url}/health/live`).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 60_000 },
      )
      .toBe(200)
    expect((await call(`${state.api.url}/health/ready`)).status).toBe(503)
    expect((await refresh(state, next.refreshToken)).body).toMatchObject({ code: 'temporarily_unavailable' })
    await stack.program('google').start()
    await starting
    await expectRecovery(next)
  })

  test('KMS refusing under traffic: nothing fails, readiness stays green, and only a new instance waits', async () => {
    const { state } = stack
    const control = new EmulatorControl(state.kms.endpoint)
    onTestFinished(async () => {
      await control.clear()
      control.close()
    })
    const { traffics } = await everyTraffic()
    const green = new Traffic(readiness)
    await goOn([...traffics, green], 3)
    await control.inject({ service: 'KeyManagementService', code: 'UNAVAILABLE' })
    const port = await freePort()
    const late = startInstance('iam-api', { ...apiEnvironment, PORT: String(port) })
    onTestFinished(() => void late.kill('SIGKILL'))
    const ofLate = (path: string) =>
      call(`http://127.0.0.1:${port}${path}`).catch(
        (): Answer => ({ status: 0, headers: new Headers(), body: {} }),
      )
    await expect
      .poll(() => ofLate('/health/ready'), { timeout: 60_000 })
      .toMatchObject({
        status: 503,
        body: { checks: { postgres: 'ok', kms: 'failing', secrets: 'failing', signing: 'failing' } },
      })
    await expect
      .poll(ready, { timeout: 60_000 })
      .toMatchObject({ status: 'degraded', checks: { kms: 'failing', signing: 'ok' } })
    const asked = await control.calls('KeyManagementService', 'Decrypt')
    await goOn([...traffics, green], 10)
    await expect.poll(() => control.calls('KeyManagementService', 'Decrypt')).toBeGreaterThan(asked) // it goes on trying
    expect(await ofLate('/health/ready')).toMatchObject({ status: 503 })
    expect((await ofLate('/health/live')).status).toBe(200)
    for (const traffic of [...traffics, green]) expect(await traffic.stop()).toEqual([200])
    await control.clear()
    await expect.poll(() => ofLate('/health/ready'), { timeout: 60_000 }).toMatchObject({ status: 200 })
    const tokens = await logIn(state, `http://127.0.0.1:${port}`)
    expect((await refresh(state, tokens.refreshToken)).status).toBe(200)
  })

  const stored = async () => {
    const object = `b/iam-dev/o/${encodeURIComponent('key-set/jwks.jwt')}?alt=media`
    return (await fetch(`${stack.state.store.url}/storage/v1/${object}`)).text()
  }
  const served = async () => (await fetch(`${stack.state.jwks.url}/.well-known/jwks.jwt`)).text()

  test('a tampered or unsigned key set in the store: refused, the last good one stays', async () => {
    const good = await stored()
    await expect.poll(served, { timeout: 60_000 }).toBe(good)
    const [header, body = '', signature] = good.split('.')
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { version: number }
    const newer = JSON.stringify({ ...claims, version: claims.version + 1 })
    const payload = Buffer.from(newer).toString('base64url')
    for (const bad of [`${header}.${payload}.${signature}`, `${header}.${payload}.`, 'nonsense', '']) {
      await expectRefused(bad, good)
    }
    await put(good)
  })

  test('an older key set in the store, genuine as it is: refused, also after a restart', async () => {
    const older = await stored()
    // Without the record of what it published, the worker publishes again.
    await look('delete from iam.key_set_version')
    await expect.poll(stored, { timeout: 60_000 }).not.toBe(older)
    const newest = await stored()
    await expect.poll(served, { timeout: 60_000 }).toBe(newest)
    await expectRefused(older, newest)
    await stack.program('iam-jwks').restart()
    await expectRefused(older, newest)
    await put(newest)
    await keySetOfJwks.wasRead()
    expect(await served()).toBe(newest)
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
    await keySetOfJwks.wasRead()
    expect((await call(`${state.jwks.url}/.well-known/jwks.json`)).body).toEqual(before)
    await stack.program('iam-jwks').restart() // from the copy that it keeps
    expect((await call(`${state.jwks.url}/.well-known/jwks.json`)).body).toEqual(before)
    for (const name of ['storage', 'google', 'redis', 'postgres', 'iam-worker', 'iam-api'] as const)
      await stack.program(name).start()
    await logIn(state)
  })

  /** Puts a document where the key set is, and sees iam-jwks read it and go on serving another. */
  async function expectRefused(bad: string, good: string): Promise<void> {
    await put(bad)
    await keySetOfJwks.wasRead()
    expect(await stored()).toBe(bad)
    expect(await served()).toBe(good)
    expect((await call(`${stack.state.jwks.url}/health/ready`)).status).toBe(200)
  }

  async function put(body: string): Promise<void> {
    const name = encodeURIComponent('key-set/jwks.jwt')
    const response = await fetch(
      `${stack.state.store.url}/upload/storage/v1/b/iam-dev/o?uploadType=media&name=${name}`,
      { method: 'POST', headers: { 'content-type': 'application/jwk-set+jwt' }, body },
    )
    expect(response.status).toBe(200)
  }
})
