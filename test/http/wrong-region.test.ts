import { createSecretKey, randomBytes } from 'node:crypto'
import { newId } from '@iam/domain/kit'
import { mintOpaqueToken } from '@iam/domain/opaque-token'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

let open: TestApp
beforeAll(async () => {
  open = await openApp()
})
afterAll(() => open.close())

/** A token as another region makes them: nobody here has the key of its tag. */
function foreignToken(tenantId: string): string {
  const tagKey = { version: 1, key: createSecretKey(randomBytes(32)) }
  const objectId = newId('rft', new Date())
  const secret = randomBytes(32)
  return mintOpaqueToken(tagKey, { type: 'refresh', tenantId, objectId, generation: 1, secret }).token
}

test('a refresh token of another region’s tenant is answered 421; a forged one of ours 401', async () => {
  const { world, app } = open
  const refresh = async (refreshToken: string) => {
    const response = await app.inject({
      method: 'POST',
      url: '/api/v1/auth/refresh',
      payload: { refreshToken },
    })
    return { status: response.statusCode, body: response.json<object>() }
  }
  await world.admin
    .updateTable('iam.directory')
    .set({ region: 'elsewhere' })
    .where('tenant_id', '=', world.globex)
    .execute()
  await world.testClock.advance(31) // the directory is remembered for half a minute
  expect(await refresh(foreignToken(world.globex))).toMatchObject({
    status: 421,
    body: { code: 'wrong_region', retriable: false },
  })
  expect(await refresh(foreignToken(world.acme))).toMatchObject({
    status: 401,
    body: { code: 'invalid_grant' },
  })
})
