import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { credentials } from '@grpc/grpc-js'
import { type GoogleEmulator, startGoogleEmulator } from '@iam/emulator/google'
import { crc32c } from '@node-rs/crc32'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentSecrets, KeptSecret, openCloudSecrets, openSecrets, type Secrets } from './index.ts'
import { secretsConform } from './secrets.conformance.ts'

function adminOf({ port }: GoogleEmulator): SecretManagerServiceClient {
  return new SecretManagerServiceClient({
    projectId: 'local',
    apiEndpoint: '127.0.0.1',
    port,
    sslCreds: credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' },
  })
}

const parent = 'projects/local'

async function put(admin: SecretManagerServiceClient, name: string, text: string): Promise<void> {
  const secret = { replication: { automatic: {} } }
  await admin.createSecret({ parent, secretId: name, secret }).catch((error: { code?: unknown }) => {
    if (error.code !== 6) throw error
  })
  const data = Buffer.from(text)
  const payload = { data, dataCrc32c: crc32c(data) }
  await admin.addSecretVersion({ parent: `${parent}/secrets/${name}`, payload })
}

secretsConform('variables', async () => {
  const env: Record<string, string | undefined> = {}
  const variable = (name: string) => `IAM_SECRET_${name.toUpperCase().replaceAll('-', '_')}`
  return {
    secrets: environmentSecrets(env),
    put: async (name, text) => void (env[variable(name)] = text),
    withdraw: async (name) => void (env[variable(name)] = ''),
    close: async () => undefined,
  }
})

secretsConform('Secret Manager', async () => {
  const emulator = await startGoogleEmulator()
  const admin = adminOf(emulator)
  const secrets = await openCloudSecrets({ projectId: 'local', endpoint: `127.0.0.1:${emulator.port}` })
  return {
    secrets,
    put: (name, text) => put(admin, name, text),
    withdraw: async (name) => {
      await admin.disableSecretVersion({ name: `${parent}/secrets/${name}/versions/1` })
    },
    close: async () => {
      await secrets.close()
      await admin.close()
      await emulator.stop()
    },
  }
})

describe('Secret Manager', () => {
  let emulator: GoogleEmulator
  let admin: SecretManagerServiceClient
  let secrets: Secrets
  beforeAll(async () => {
    emulator = await startGoogleEmulator()
    admin = adminOf(emulator)
    secrets = await openCloudSecrets({ projectId: 'local', endpoint: `127.0.0.1:${emulator.port}` })
  })
  afterAll(async () => {
    await secrets.close()
    await admin.close()
    await emulator.stop()
  })

  test('is not believed when its answer is damaged, and its outage is no missing secret', async () => {
    await put(admin, 'damaged', 'text')
    const method = { service: 'SecretManagerService', method: 'AccessSecretVersion' }
    emulator.faults.inject({
      ...method,
      answer: { payload: { data: Buffer.from('tex'), dataCrc32c: '1' } },
      calls: 1,
    })
    await expect(secrets.read('damaged')).rejects.toThrow('came damaged')
    emulator.faults.inject({ ...method, code: 'PERMISSION_DENIED', calls: 1 })
    await expect(secrets.read('damaged')).rejects.toMatchObject({ code: 7 })
  })

  test('is kept for a while, then read anew, and at once when what was kept is refused', async () => {
    const rotated = (keepFor: number) => new KeptSecret(secrets, 'rotated', keepFor)
    await put(admin, 'rotated', 'first\n')
    const [kept, fresh] = [rotated(3_600_000), rotated(0)]
    expect([await kept.read(), await fresh.read()]).toEqual(['first', 'first'])
    expect(await kept.renew()).toBe(false)
    await put(admin, 'rotated', 'second')
    expect([await kept.read(), await fresh.read()]).toEqual(['first', 'second'])
    expect(await kept.renew()).toBe(true)
    expect(await kept.read()).toBe('second')
  })

  test('says in one sentence why there is none, and nothing of what it is', async () => {
    await put(admin, 'withheld', 'the payload')
    await expect(new KeptSecret(secrets, 'no-such', 0).read()).rejects.toThrow(
      'There is no secret no-such, or it is switched off.',
    )
    await put(admin, 'blank', ' \n')
    await expect(new KeptSecret(secrets, 'blank', 0).read()).rejects.toThrow('There is no secret blank')
    const method = { service: 'SecretManagerService', method: 'AccessSecretVersion' }
    emulator.faults.inject({ ...method, code: 'PERMISSION_DENIED', calls: 1 })
    await expect(new KeptSecret(secrets, 'withheld', 0).read()).rejects.toThrow(
      /^The secret withheld cannot be read \(7\)\.$/,
    )
  })

  test('is opened as the configuration says', async () => {
    await put(admin, 'configured', 'text')
    const endpoint = `127.0.0.1:${emulator.port}`
    const cloud = await openSecrets({ from: 'secret-manager', projectId: 'local', endpoint })
    expect(await cloud.read('configured')).toBe('text')
    await cloud.close()
    const variables = { IAM_SECRET_CONFIGURED: 'of a variable' }
    expect(await (await openSecrets({ from: 'environment', variables })).read('configured')).toBe(
      'of a variable',
    )
  })
})
