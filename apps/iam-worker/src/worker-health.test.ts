import { freePort } from '@iam/local-stack/ports'
import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import type { Database } from '@iam/domain/db'
import { serveHealth, type HealthServer } from '@iam/platform/http'
import { openPostgres, type Postgres } from '@iam/platform/postgres'
import { testDatabase } from '@iam/testkit/servers'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Roles, workerHealth } from './worker-health.ts'

describe('the health of iam-worker', () => {
  const roles: Roles = {
    started: false,
    relay: undefined,
    keys: undefined,
    status: undefined,
    audit: undefined,
    inbox: undefined,
  }
  let proxy: TcpProxy
  let postgres: Postgres<Database>
  let health: HealthServer
  let base: string
  beforeAll(async () => {
    const url = new URL((await testDatabase(inject('services'))).urlFor('iam_worker'))
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
    url.host = `127.0.0.1:${proxy.port}`
    postgres = openPostgres<Database>({ url: url.href, poolSize: 2 })
    const port = await freePort()
    base = `http://127.0.0.1:${port}`
    const parts = { db: postgres, ping: postgres.ping, roles, region: 'local', hotDays: 90 }
    health = await serveHealth({ host: '127.0.0.1', port, ...workerHealth(parts) })
  })
  afterAll(async () => {
    proxy.close()
    await health.close()
    await postgres.close()
  })

  async function ask(path: string) {
    const response = await fetch(`${base}${path}`)
    return { status: response.status, body: await response.text() }
  }

  test('is not ready until its roles run', async () => {
    expect(await ask('/health/ready')).toMatchObject({ status: 503 })
    roles.started = true
    await expect
      .poll(() => ask('/health/ready'), { timeout: 30_000 })
      .toMatchObject({ status: 200, body: '{"status":"ok","checks":{"postgres":"ok"}}' })
    await expect
      .poll(async () => (await ask('/metrics')).body, { timeout: 30_000 })
      .toMatch(/^iam_outbox_depth \d+$/m)
  })

  test('is degraded once other services could not be heard for a minute, and says for how long', async () => {
    const ready = async () => JSON.parse((await ask('/health/ready')).body) as object
    let seconds = 60
    roles.inbox = {
      downFor: () =>
        new Map([
          ['a', 0],
          ['b', seconds],
        ]),
      putAside: () => 3,
    }
    expect(await ready()).toEqual({ status: 'ok', checks: { postgres: 'ok', inbox: 'ok' } })
    seconds = 61
    expect(await ready()).toEqual({ status: 'degraded', checks: { postgres: 'ok', inbox: 'failing' } })
    const { body } = await ask('/metrics')
    expect(body).toMatch(/^iam_inbox_stream_down_seconds\{topic="a"\} 0$/m)
    expect(body).toMatch(/^iam_inbox_stream_down_seconds\{topic="b"\} 61$/m)
    expect(body).toMatch(/^iam_inbox_put_aside_total 3$/m)
    roles.inbox = undefined
  })

  test('tells the age of the key set where it tends the keys', async () => {
    roles.keys = { begun: true, worked: true }
    const told = async () => (await ask('/metrics')).body
    await expect.poll(told, { timeout: 30_000 }).toMatch(/^iam_key_set_age_seconds \d+$/m)
    expect(await told()).toMatch(/^iam_key_set_expires_in_seconds -?\d+$/m)
    expect(await told()).toMatch(/^iam_key_set_purge_due_seconds \d+$/m)
    roles.keys = undefined
    expect(await told()).not.toContain('iam_key_set')
  })

  test('is not ready before keys were tended once, and degraded while they cannot be tended later', async () => {
    const ready = async () => {
      const { status, body } = await ask('/health/ready')
      return [status, (JSON.parse(body) as { status: string }).status]
    }
    roles.keys = { begun: false, worked: false }
    expect(await ready()).toEqual([503, 'unavailable'])
    roles.keys = { begun: true, worked: false }
    await expect.poll(ready).toEqual([200, 'degraded'])
    roles.keys = { begun: true, worked: true }
    await expect.poll(ready).toEqual([200, 'ok'])
    roles.keys = undefined
  })

  test('is degraded while status lists cannot be published, and tells how old the oldest is', async () => {
    const oldest = Math.floor(Date.now() / 1000) - 250
    roles.status = { worked: false, state: { lists: 3, fill: 0.25, built: 0, oldest } }
    const body = '{"status":"degraded","checks":{"postgres":"ok","status":"failing"}}'
    await expect.poll(() => ask('/health/ready'), { timeout: 30_000 }).toMatchObject({ status: 200, body })
    const metrics = () => ask('/metrics').then((answer) => answer.body)
    await expect
      .poll(metrics, { timeout: 30_000 })
      .toMatch(/^iam_status_list_oldest_seconds (2[5-9]|[3-9]\d)\d$/m)
    expect(await metrics()).toMatch(/^iam_status_list_fill 0.25$/m)
    roles.status = undefined
  })

  test('says that Postgres has fallen silent, and is live all the same', async () => {
    proxy.fallSilent()
    roles.started = false
    const starting = await ask('/health/startup')
    expect(starting).toMatchObject({ status: 503 })
    expect(starting.body).toContain('"postgres":"failing"')
    roles.started = true
    const running = await ask('/health/ready')
    expect(running).toMatchObject({
      status: 200,
      body: '{"status":"degraded","checks":{"postgres":"failing"}}',
    })
    expect((await ask('/health/live')).status).toBe(200)
    expect((await ask('/metrics')).status).toBe(503)
  })
})
