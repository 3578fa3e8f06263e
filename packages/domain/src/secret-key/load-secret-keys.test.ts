import { testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { generateSecretKey, insertSecretKey, loadSecretKeys, SecretRings } from './index.ts'

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

  test('is not complete while an older version is missing that is still read, and says that it is away', async () => {
    const deps = common()
    const second = { purpose: 'one-time', version: 2 } as const
    const { clock } = world
    const wrapped = await generateSecretKey({ ...deps, wrapping: testWrapping }, second)
    await insertSecretKey(world.admin, { ...second, wrapped, activateAt: clock() }, clock())
    const first = await world.admin
      .selectFrom('iam.secret_key')
      .select('wrapped')
      .where('purpose', '=', 'one-time')
      .where('version', '=', 1)
      .executeTakeFirstOrThrow()
    const wrapping = {
      unwrap: async (sealed: Buffer, aad: Buffer) => {
        if (sealed.equals(first.wrapped)) throw new Error('KMS is away')
        return testWrapping.unwrap(sealed, aad)
      },
    }
    await expect(loadSecretKeys({ ...deps, wrapping })).rejects.toThrow('KMS is away')
    const ring = deps.secrets.of('one-time')
    expect(ring.current(clock()).version).toBe(2)
    expect(deps.secrets.isComplete(clock())).toBe(false)
    expect(() => ring.byVersion(1)).toThrow('temporarily_unavailable')
    expect(ring.byVersion(3)).toBeUndefined()
    await loadSecretKeys({ ...deps, wrapping: testWrapping })
    expect(deps.secrets.isComplete(clock())).toBe(true)
    expect(ring.byVersion(1)).toBeDefined()
  })

  test('stays complete when a version appears that cannot be unwrapped yet: only what needs it waits', async () => {
    const deps = common()
    await loadSecretKeys({ ...deps, wrapping: testWrapping })
    const next = { purpose: 'data', version: 2 } as const
    const { clock } = world
    const wrapped = await generateSecretKey({ ...deps, wrapping: testWrapping }, next)
    await insertSecretKey(world.admin, { ...next, wrapped, activateAt: clock() }, clock())
    const away = { unwrap: () => Promise.reject(new Error('KMS is away')) }
    await expect(loadSecretKeys({ ...deps, wrapping: away })).rejects.toThrow('KMS is away')
    expect(deps.secrets.isComplete(clock())).toBe(true)
    expect(deps.secrets.of('data').current(clock()).version).toBe(1)
    expect(() => deps.secrets.of('data').byVersion(2)).toThrow('temporarily_unavailable')
  })
})
