import { freePort } from '@iam/local-stack/ports'
import { type Stack, startStack } from '@iam/local-stack/stack'
import { createVerifier } from '@iam/verifier'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { allowInsecureRequests, discovery } from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, checkSession, logIn, post, refresh, type Tokens, untilServed } from '../support/client.ts'
import { type EventLog, subscribe } from '../support/events.ts'

/** The system as its users have it: separate processes, and nothing but public clients. */
describe('the main job, through all three processes', () => {
  let stack: Stack
  let sessions: EventLog
  let metricsPort = 0
  /** What iam-jwks was started with: the thumbprints that are pinned. */
  let pins: Readonly<Record<string, string>> = {}
  beforeAll(async () => {
    stack = await startStack({
      adjust: async (program, environment) => {
        if (program === 'iam-api') {
          metricsPort = await freePort()
          return { ...environment, IAM_METRICS_PORT: String(metricsPort) }
        }
        if (program === 'iam-jwks') pins = environment
        return environment
      },
    })
    sessions = await subscribe(stack.state, 'session')
  })
  afterAll(async () => {
    await sessions.close()
    await stack.stop()
  })

  test('logs in, verifies offline, refreshes and logs out, and its events arrive in order', async () => {
    const { state } = stack
    const configuration = await discovery(new URL(state.issuer), 'anyone', undefined, undefined, {
      execute: [allowInsecureRequests],
    })
    const metadata = configuration.serverMetadata()
    expect(metadata.issuer).toBe(state.issuer)
    const keySet = createRemoteJWKSet(new URL(metadata.jwks_uri ?? ''))
    const verify = (token: string) =>
      jwtVerify(token, keySet, {
        issuer: state.issuer,
        audience: state.issuer,
        typ: 'at+jwt',
        algorithms: ['ES256'],
      })

    const first = await logIn(state)
    const { payload } = await verify(first.accessToken)
    expect(payload).toMatchObject({ sub: first.user.id, tid: state.tenant.id, amr: ['pwd'], acr: 'aal1' })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900)

    const second = (await refresh(state, first.refreshToken)).body as unknown as Tokens
    await verify(second.accessToken)
    expect((await checkSession(state, second.accessToken)).status).toBe(200)

    const out = await post(state.issuer, '/auth/logout', undefined, {
      authorization: `Bearer ${second.accessToken}`,
    })
    expect(out.status).toBe(204)
    expect((await refresh(state, second.refreshToken)).body).toMatchObject({ code: 'invalid_grant' })
    // At once, or when the feed of revocations comes round, where the cache could not be told in time.
    await expect
      .poll(async () => (await checkSession(state, second.accessToken)).body, { timeout: 30_000 })
      .toMatchObject({ code: 'session_ended' })

    await expect
      .poll(() => sessions.subjectsOf(first.session.id), { timeout: 60_000 })
      .toEqual(['session.created', 'session.refreshed', 'session.revoked'])
    expect(sessions.of(first.session.id).map((event) => event.sequence)).toEqual([1, 2, 3])
    expect(sessions.of(first.session.id).at(-1)?.payload).toMatchObject({
      reason: 'logged_out',
      userId: first.user.id,
    })
  })

  test('a service verifies by the signed key set, for its own tenant alone', async () => {
    const { state } = stack
    const pinned = {
      env: pins['IAM_ENV'] ?? '',
      keySet: (pins['IAM_JWKS_ANCHORS'] ?? '').split(','),
      endorsement: (pins['IAM_ENDORSEMENT_ANCHORS'] ?? '').split(','),
    }
    const service = { issuer: state.issuer, audience: state.issuer, pinned }
    const { accessToken, user } = await logIn(state)
    const ofTenant = createVerifier({ ...service, tenants: [state.tenant.id] })
    const ready = () =>
      ofTenant.ready().then(
        () => true,
        () => false,
      )
    await expect.poll(ready, { timeout: 30_000 }).toBe(true)
    expect(await ofTenant.verify(accessToken)).toMatchObject({ subject: user.id, tenantId: state.tenant.id })
    const ofAnother = createVerifier({ ...service, tenants: ['ten_another'] })
    await expect(ofAnother.verify(accessToken)).rejects.toMatchObject({ reason: 'wrong_tenant' })
    const misled = createVerifier({ ...service, tenants: 'any', pinned: { ...pinned, endorsement: [] } })
    await expect(misled.verify(accessToken)).rejects.toMatchObject({ status: 503 })
  })

  test('C54: answers 64 parallel refreshes with one successor, and logs nobody out', async () => {
    const { state } = stack
    const first = await logIn(state)
    const present = () => untilServed(() => refresh(state, first.refreshToken))
    const answers = await Promise.all(Array.from({ length: 64 }, present))
    const good = answers
      .filter((answer) => answer.status === 200)
      .map((answer) => answer.body['refreshToken'])
    expect(answers.filter((answer) => ![200, 429].includes(answer.status))).toEqual([])
    expect(new Set(good).size).toBe(1)
    expect((await refresh(state, String(good[0]))).status).toBe(200)
  })

  test('serves the same keys plain and signed, each cacheable, and says so when nothing changed', async () => {
    const { state } = stack
    const plain = await fetch(`${state.issuer}/.well-known/jwks.json`)
    expect(plain.headers.get('cache-control')).toMatch(
      /^public, max-age=\d+, s-maxage=300, stale-while-revalidate=\d+, stale-if-error=86400$/,
    )
    expect(plain.headers.get('set-cookie')).toBeNull()
    expect(plain.headers.get('vary')).toBe('accept-encoding')
    const { keys } = (await plain.json()) as { keys: Record<string, unknown>[] }
    for (const key of keys) expect(key).not.toHaveProperty('d')
    const again = await fetch(`${state.issuer}/.well-known/jwks.json`, {
      headers: { 'if-none-match': plain.headers.get('etag') ?? '' },
    })
    expect(again.status).toBe(304)
    const signed = await fetch(`${state.issuer}/.well-known/jwks.jwt`)
    expect(signed.headers.get('content-type')).toBe('application/jwk-set+jwt')
    const document = await signed.text()
    expect(decodeProtectedHeader(document)).toMatchObject({ typ: 'jwk-set+jwt', alg: 'ES256' })
    const claims = JSON.parse(Buffer.from(document.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >
    expect(claims).toMatchObject({ iss: state.issuer, sub: state.issuer, keys })
    expect(keys.length).toBeGreaterThanOrEqual(2) // the active one and its standby
  })

  test('hands the caller’s trace on, from the request to the event', async () => {
    const { state } = stack
    const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee00'
    const headers = { 'x-tenant-id': state.tenant.id, traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    const { body } = await post(state.issuer, '/auth/login', state.user, headers)
    const { session } = body as unknown as Tokens
    await expect.poll(() => sessions.of(session.id).length, { timeout: 60_000 }).toBe(1)
    expect(JSON.stringify(sessions.of(session.id)[0])).toContain(traceId)
  })

  test('tells its health, part by part', async () => {
    const { state } = stack
    const checks = { postgres: 'ok', redis: 'ok', kms: 'ok', secrets: 'ok', signing: 'ok' }
    await expect
      .poll(async () => (await call(`${state.api.url}/health/ready`)).body, { timeout: 60_000 })
      .toEqual({ status: 'ok', checks })
    for (const { url } of [state.api, state.worker, state.jwks]) {
      for (const path of ['/health', '/health/live', '/health/startup', '/health/ready']) {
        expect((await call(`${url}${path}`)).status).toBe(200)
      }
    }
  })

  test('tells its metrics on a port of their own', async () => {
    await logIn(stack.state)
    const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    await expect
      .poll(metrics, { timeout: 60_000 })
      .toMatch(/^http_server_request_duration_seconds_count\{.*"\/api\/v1\/auth\/login".*"200"\} [1-9]/m)
    expect(await metrics()).toMatch(/^iam_kms_calls_total\{method="Decrypt",outcome="OK"\} [1-9]/m)
    expect((await call(`${stack.state.api.url}/metrics`)).status).toBe(404)
  })
})
