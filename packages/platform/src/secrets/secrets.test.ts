import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { credentials } from '@grpc/grpc-js'
import { type GoogleEmulator, startGoogleEmulator } from '@iam/emulator/google'
import { crc32c } from '@node-rs/crc32'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentSecrets, openCloudSecrets, type Secrets } from './index.ts'
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
})
