import { freePort } from '@iam/local-stack/ports'
import { type Stack, type StackState, startStack } from '@iam/local-stack/stack'
import { openPublisher } from '@iam/platform/pubsub'
import { createVerifier } from '@iam/verifier'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { allowInsecureRequests, discovery } from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, checkSession, logIn, post, refresh, type Tokens, untilServed } from '../support/client.ts'
import { Collector } from '../support/collector.ts'
import { type EventLog, subscribe } from '../support/events.ts'

/** The system as its users have it: separate processes, and nothing but public clients. */
describe('the main job, through all three processes', () => {
  let stack: Stack
  let sessions: EventLog
  let collector: Collector
  let metricsPort = 0
  /** What iam-jwks was started with: the thumbprints that are pinned. */
  let pins: Readonly<Record<string, string>> = {}
  beforeAll(async () => {
    collector = await Collector.start()
    stack = await startStack({
      adjust: async (program, given) => {
        const environment = { ...given, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }
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
    await collector.close()
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

  test('one trace goes from a login through the outbox and Pub/Sub to what a consumer makes of it', async () => {
    const { state } = stack
    const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee00'
    const headers = { 'x-tenant-id': state.tenant.id, traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    const { body } = await post(state.issuer, '/auth/login', state.user, headers)
    const { session, user } = body as unknown as Tokens
    await expect.poll(() => sessions.of(session.id).length, { timeout: 60_000 }).toBe(1)
    const [created] = sessions.of(session.id)
    expect(JSON.stringify(created)).toContain(traceId)

    // Another service, which makes the person a guest when it hears of the session: what it says is taken in here.
    const heard = sessions.attributesOf(created?.eventId ?? '')
    await tellOfMembership(state, user.id, heard)
    const spans = (kind: number) => collector.of(traceId).filter((span) => span.kind === kind)
    const kinds = { server: 2, client: 3, producer: 4, consumer: 5 }
    await expect
      .poll(() => spans(kinds.consumer).map(({ name }) => name), { timeout: 60_000 })
      .toEqual(['process melmastoon.tenant.membership.granted.v1'])

    await expect.poll(() => spans(kinds.server).length, { timeout: 60_000 }).toBe(1)
    const [server] = spans(kinds.server)
    const [consumer] = spans(kinds.consumer)
    const producer = spans(kinds.producer).find(({ name }) => name === 'send melmastoon.iam.session.v1')
    expect(server).toMatchObject({ service: 'iam-api', parentSpanId: 'b7ad6b7169203331' })
    expect(producer).toMatchObject({ service: 'iam-worker', parentSpanId: server?.spanId })
    expect(heard['traceparent']).toBe(`00-${traceId}-${producer?.spanId}-01`)
    expect(consumer).toMatchObject({
      service: 'iam-worker',
      parentSpanId: producer?.spanId,
      attributes: { 'inbox.reception': 'applied' },
    })
    const statements = (parent: string | undefined) =>
      spans(kinds.client).filter(
        ({ parentSpanId, attributes }) =>
          parentSpanId === parent && attributes['db.system.name'] === 'postgresql',
      )
    await expect.poll(() => statements(server?.spanId).length, { timeout: 60_000 }).toBeGreaterThan(0)
    await expect.poll(() => statements(consumer?.spanId).length, { timeout: 60_000 }).toBeGreaterThan(0)
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

/** Tells that somebody became a member, as the service does that knows of memberships, in the trace of what it heard. */
async function tellOfMembership(
  state: StackState,
  userId: string,
  heard: Readonly<Record<string, string>>,
): Promise<void> {
  const tenantId = state.tenant.id
  const subject = 'melmastoon.tenant.membership.granted.v1'
  const event = {
    eventId: `evt-${performance.now()}`,
    subject,
    tenantId,
    occurredAt: new Date().toISOString(),
    payload: { membershipId: 'guest', userId, role: 'guest' },
  }
  const { traceparent = '' } = heard
  const { endpoint, project: projectId } = state.pubsub
  const publisher = await openPublisher({ endpoint, projectId })
  await publisher.publish('melmastoon.tenant.membership.v1', [
    {
      orderingKey: `${tenantId}:${userId}`,
      data: Buffer.from(JSON.stringify(event)),
      attributes: { subject, traceparent },
    },
  ])
  await publisher.close()
}
