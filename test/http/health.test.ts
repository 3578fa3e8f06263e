import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import { openPostgres } from '@iam/platform/postgres'
import { testDatabase } from '@iam/testkit/servers'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { Readiness } from '@iam/iam-api/readiness'
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
    const readiness = new Readiness({ probes, hasKeys: () => true, monotonic: () => clock().getTime() })
    expect(await readiness.report()).toMatchObject({ status: 'ok', checks: { redis: 'ok' } })
  })

  test('a Postgres that has answered before and falls silent degrades an instance within moments', async () => {
    expect(await ask('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } })
    proxy.fallSilent()
    await open.world.testClock.advance(3) // an answer is kept for two seconds
    const { status, body } = await ask('/health/ready')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'degraded', checks: { postgres: 'failing' } },
    })
  })
})
