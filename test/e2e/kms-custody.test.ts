import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Environment, type Stack, startStack } from '@iam/local-stack/stack'
import { createVerifier, type Verifier } from '@iam/verifier'
import { decodeProtectedHeader } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkSession, logIn } from '../support/client.ts'

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const patience = { timeout: 120_000, interval: 500 }

interface ListedKey {
  readonly purpose: string
  readonly kid: string
  readonly state: string
  readonly custody: string
}

/** A deployment whose signing keys never leave KMS, from its bootstrap on. */
describe('keys in KMS, with whole processes', () => {
  let stack: Stack
  let verifier: Verifier
  let pins: Environment = {}
  beforeAll(async () => {
    stack = await startStack({ adjust })
    const { issuer } = stack.state
    const pinned = {
      env: 'dev',
      keySet: (pins['IAM_JWKS_ANCHORS'] ?? '').split(','),
      endorsement: (pins['IAM_ENDORSEMENT_ANCHORS'] ?? '').split(','),
    }
    const service = { issuer, audience: issuer, tenants: 'any', status: 'required' } as const
    verifier = createVerifier({ ...service, pinned })
  })
  afterAll(() => stack.stop())

  function adjust(name: string, environment: Environment): Environment {
    if (name === 'iam-jwks') pins = environment
    const ring = environment['IAM_KMS_WRAP_KEY']?.replace(/\/wrap$/, '')
    return ring === undefined ? environment : { ...environment, ...custody(ring) }
  }

  const custody = (ring: string) => ({
    IAM_SIGNING_CUSTODY: 'kms',
    IAM_KMS_SIGN_KEY: `${ring}/sign`,
    IAM_SIGNING_KEY_ANNOUNCE_SECONDS: '5',
  })

  const tokenKeys = async () => {
    const env = { ...process.env, ...adjust('operator', stack.operatorVariables) }
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'keys', 'list', '--json'], {
      env,
    })
    return (JSON.parse(stdout) as ListedKey[]).filter(({ purpose }) => purpose === 'token')
  }
  const keyIn = async (state: string) => (await tokenKeys()).find((key) => key.state === state)
  const kidOf = (token: string) => decodeProtectedHeader(token).kid
  const isTaken = (token: string) =>
    verifier.verify(token).then(
      ({ tenantId }) => tenantId === stack.state.tenant.id,
      (error: unknown) => String(error),
    )

  /** Sets the database's clock ahead, which is what the lives of keys go by. */
  async function setAhead(days: number): Promise<void> {
    const owner = new pg.Client({ connectionString: stack.postgres.urlFor('iam_owner', 'iam') })
    await owner.connect()
    try {
      await owner.query(`
        create or replace function iam.now() returns timestamptz language sql volatile parallel safe
          as 'select clock_timestamp() + interval ''${days} days'''`)
    } finally {
      await owner.end()
    }
  }

  test('sign from the first login on, and the worker lets the standby follow in its turn', async () => {
    const { state } = stack
    const before = await logIn(state)
    expect(await keyIn('active')).toMatchObject({ custody: 'kms', kid: kidOf(before.accessToken) })
    await expect.poll(() => isTaken(before.accessToken), patience).toBe(true)
    expect((await checkSession(state, before.accessToken)).status).toBe(200)
    await expect.poll(() => keyIn('published'), patience).toMatchObject({ custody: 'kms' })
    const standby = await keyIn('published')

    // A key signs for a fortnight of its thirty days.
    await setAhead(15)
    const signing = async () => kidOf((await logIn(state)).accessToken)
    await expect.poll(signing, patience).toBe(standby?.kid)
    const after = await logIn(state)
    await expect.poll(() => isTaken(after.accessToken), patience).toBe(true)
    // Nobody notices: what the key before it signed is taken as long as it lives.
    expect(await isTaken(before.accessToken)).toBe(true)
    await expect.poll(() => keyIn('retiring'), patience).toMatchObject({ kid: kidOf(before.accessToken) })
    await expect.poll(() => keyIn('published'), patience).toMatchObject({ custody: 'kms' })
  }, 600_000)
})
