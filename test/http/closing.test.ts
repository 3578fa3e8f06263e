import type { AddressInfo } from 'node:net'
import { closingGracefully } from '@iam/platform/http'
import { expect, test } from 'vitest'
import { KeepAliveLoad } from '../support/keep-alive-load.ts'
import { openApp } from '../support/open-app.ts'

test('iam-api closes under load without failing a request on any connection it has taken', async () => {
  const { app, close } = await openApp()
  const closeServer = closingGracefully(app.server, () => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const load = new KeepAliveLoad(`http://127.0.0.1:${port}/api/v1/me`, { connections: 16 })
  await expect.poll(() => load.answered).toBeGreaterThan(100)
  const before = load.answered
  await closeServer()
  await expect.poll(() => load.failures.length).toBeGreaterThan(0) // nobody listens any more
  await load.stop()
  expect(load.answered).toBeGreaterThan(before)
  expect([...load.statuses.keys()]).toEqual([401]) // without a token, and all the way through
  // Nor was any cut off in the end, as those are that do not leave in time.
  expect(load.failures.filter((failure) => failure.reused)).toEqual([])
  await close()
})
