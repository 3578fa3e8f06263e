import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../start-google-emulator.ts'

const parent = 'projects/local'

describe('Secret Manager', () => {
  let emulator: GoogleEmulator
  let admin: SecretManagerServiceClient
  beforeAll(async () => {
    emulator = await startGoogleEmulator()
    admin = new SecretManagerServiceClient({
      projectId: 'local',
      apiEndpoint: '127.0.0.1',
      port: emulator.port,
      sslCreds: credentials.createInsecure(),
      clientOptions: { universeDomain: 'googleapis.com' },
    })
  })
  afterAll(async () => {
    await admin.close()
    await emulator.stop()
  })

  async function put(secretId: string, text: string): Promise<void> {
    await admin.createSecret({ parent, secretId, secret: { replication: { automatic: {} } } })
    await admin.addSecretVersion({
      parent: `${parent}/secrets/${secretId}`,
      payload: { data: Buffer.from(text) },
    })
  }

  test('has states of versions: switched off, on again, destroyed for good', async () => {
    await put('state', 'text')
    const name = `${parent}/secrets/state/versions/1`
    await admin.disableSecretVersion({ name })
    await expect(admin.accessSecretVersion({ name })).rejects.toMatchObject({ code: 9 })
    await admin.enableSecretVersion({ name })
    const [{ payload }] = await admin.accessSecretVersion({ name: `${parent}/secrets/state/versions/latest` })
    expect(String(payload?.data)).toBe('text')
    const [destroyed] = await admin.destroySecretVersion({ name })
    expect(destroyed.state).toBe('DESTROYED')
    await expect(admin.accessSecretVersion({ name })).rejects.toMatchObject({ code: 9 })
    await expect(admin.enableSecretVersion({ name })).rejects.toMatchObject({ code: 9 })
  })

  test('refuses a secret that is there, a damaged one and one that is too long', async () => {
    await put('taken', 'text')
    const secret = { replication: { automatic: {} } }
    await expect(admin.createSecret({ parent, secretId: 'taken', secret })).rejects.toMatchObject({ code: 6 })
    const add = (payload: object) => admin.addSecretVersion({ parent: `${parent}/secrets/taken`, payload })
    await expect(add({ data: Buffer.from('a'), dataCrc32c: 1 })).rejects.toMatchObject({ code: 3 })
    await expect(add({ data: Buffer.alloc(65_537) })).rejects.toMatchObject({ code: 3 })
  })
})
