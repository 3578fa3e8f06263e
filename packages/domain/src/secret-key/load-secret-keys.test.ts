import { testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { loadSecretKeys, SecretRings } from './index.ts'

describe('loadSecretKeys', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    // A row that somebody moved: sealed for the pepper, said to be a key of the tokens' tags.
    const pepper = await world.admin
      .selectFrom('iam.secret_key')
      .selectAll()
      .where('purpose', '=', 'pepper')
      .executeTakeFirstOrThrow()
    await world.admin
      .insertInto('iam.secret_key')
      .values({ ...pepper, purpose: 'token-tag', version: 2 })
      .execute()
  })
  afterAll(() => world.close())

  const common = () => ({ ...world, deployment: testDeployment, secrets: new SecretRings() })

  test('leaves out a row that was not wrapped for what it claims to be, and loads the others', async () => {
    const deps = common()
    expect(await loadSecretKeys({ ...deps, wrapping: testWrapping })).toEqual([
      { purpose: 'token-tag', version: 2 },
    ])
    expect(deps.secrets.of('token-tag').current(world.clock()).version).toBe(1)
    expect(deps.secrets.of('pepper').byVersion(1)).toBeDefined()
  })

  test('keeps what it has and takes in what it can while the key-management service is away', async () => {
    const deps = common()
    let calls = 0
    const wrapping = {
      unwrap: async (sealed: Buffer, aad: Buffer) => {
        calls += 1
        if (calls === 1) throw new Error('KMS is away')
        return testWrapping.unwrap(sealed, aad)
      },
    }
    expect(deps.secrets.isComplete(world.clock())).toBe(false)
    await expect(loadSecretKeys({ ...deps, wrapping })).rejects.toThrow('KMS is away')
    expect(deps.secrets.isComplete(world.clock())).toBe(false)
    const held = calls
    await loadSecretKeys({ ...deps, wrapping })
    expect(deps.secrets.isComplete(world.clock())).toBe(true)
    // Only what failed, and the row that never unwraps, was asked for again.
    expect(calls - held).toBe(2)
    for (const purpose of ['token-tag', 'refresh-box', 'pepper', 'data', 'fingerprint'] as const) {
      expect(deps.secrets.of(purpose).byVersion(1)).toBeDefined()
    }
  })
})
