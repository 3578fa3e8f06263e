import { loadSecretKeys, SecretRings } from '@iam/domain/secret-key'
import { loadSigningKeys, SigningKeys } from '@iam/domain/signing-key'
import { heldKeys, Readiness } from '@iam/iam-api/readiness'
import { buildServer } from '@iam/iam-api/server'
import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import { openPostgres } from '@iam/platform/postgres'
import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { testDatabase } from '@iam/testkit/servers'
import { logIn, testDeployment } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

describe('the health of iam-api', () => {
  let close: () => Promise<void>
  let proxy: TcpProxy
  let open: TestApp
  beforeEach(async () => {
    const database = await testDatabase(inject('services'))
    const url = new URL(database.urlFor('iam_api'))
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
    url.host = `127.0.0.1:${proxy.port}`
    const postgres = openPostgres({ url: url.href, poolSize: 2 })
    open = await openApp({ database, probes: { postgres: postgres.ping } })
    close = async () => {
      proxy.close()
      await postgres.close()
      await open.close()
    }
  })
  afterEach(() => close())

  async function ask(path: string) {
    const response = await open.app.inject({ url: path })
    return { status: response.statusCode, body: response.json<object>() }
  }

  test('before Postgres has ever answered, its silence is "not ready" within moments, and no end to life', async () => {
    proxy.fallSilent()
    const asked = ask('/health/ready')
    expect(await ask('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } })
    const { status, body } = await asked
    expect({ status, body }).toMatchObject({
      status: 503,
      body: { status: 'unavailable', checks: { postgres: 'failing', redis: 'ok', kms: 'ok' } },
    })
  })

  test('a dependency that fails once and answers when it is asked again is no outage', async () => {
    const { clock } = open.world
    let asked = 0
    const redis = async () => {
      asked += 1
      if (asked < 3) throw new Error('no answer')
    }
    const probes = { postgres: async () => {}, redis, kms: async () => {} }
    const readiness = new Readiness({
      probes,
      heldKeys: () => ({ secrets: true, signing: true }),
      monotonic: () => clock().getTime(),
    })
    expect(await readiness.report()).toMatchObject({ status: 'ok', checks: { redis: 'ok' } })
  })

  test('is not ready, and answers nothing but 503, until every secret and signing key was held', async () => {
    const { accessToken } = await logIn(open.world)
    const { endorser } = testAnchors
    const loading = { ...open.world, deployment: testDeployment, endorsementAnchors: [endorser.kid] }
    const starting = { ...open.deps, secrets: new SecretRings(), signingKeys: new SigningKeys() }
    const readiness = new Readiness({
      probes: { postgres: async () => {}, redis: async () => {}, kms: async () => {} },
      heldKeys: () => heldKeys(starting),
      monotonic: open.world.monotonic,
    })
    const app = await buildServer(
      { ...starting, readiness },
      { trustedProxies: [], placeHeaders: [], geoHeaders: {}, torExits: undefined },
    )
    onTestFinished(() => app.close())
    const answers = async () => {
      const ready = await app.inject({ url: '/health/ready' })
      const headers = { authorization: `Bearer ${accessToken}` }
      const session = await app.inject({ url: '/api/v1/auth/session', headers })
      const { checks } = ready.json<{ checks: { secrets: string; signing: string } }>()
      return [ready.statusCode, session.statusCode, checks.secrets, checks.signing]
    }
    /** Loads as far as KMS unwraps: everything but the first so many. */
    const load = (away: number) => {
      let asked = 0
      const unwrap = (sealed: Buffer, aad: Buffer) =>
        (asked += 1) <= away ? Promise.reject(new Error('KMS is away')) : testWrapping.unwrap(sealed, aad)
      const deps = { ...loading, ...starting, wrapping: { unwrap } }
      return { secrets: () => loadSecretKeys(deps), signing: () => loadSigningKeys(deps) }
    }
    expect(await answers()).toEqual([503, 503, 'failing', 'failing'])
    await expect(load(1).secrets()).rejects.toThrow('KMS is away')
    expect(await answers()).toEqual([503, 503, 'failing', 'failing'])
    await load(0).secrets()
    expect(await answers()).toEqual([503, 503, 'ok', 'failing'])
    await expect(load(2).signing()).rejects.toThrow('KMS is away')
    expect(await answers()).toEqual([503, 503, 'ok', 'failing'])
    await expect(load(1).signing()).rejects.toThrow('KMS is away')
    expect(await answers()).toEqual([503, 503, 'ok', 'failing'])
    await load(0).signing()
    expect(await answers()).toEqual([200, 200, 'ok', 'ok'])
  })

  test('a Postgres that has answered before and falls silent degrades an instance within moments', async () => {
    const askAnew = async () => {
      await open.world.testClock.advance(3) // an answer is kept for two seconds
      return ask('/health/ready')
    }
    await expect.poll(askAnew, { timeout: 30_000 }).toMatchObject({ status: 200, body: { status: 'ok' } })
    proxy.fallSilent()
    expect(await askAnew()).toMatchObject({
      status: 200,
      body: { status: 'degraded', checks: { postgres: 'failing' } },
    })
  })
})
