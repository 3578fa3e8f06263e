import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const ring = 'projects/p/locations/l/keyRings/r/cryptoKeys'
const required = {
  IAM_ENV: 'prod',
  IAM_ISSUER: 'https://id.example.com',
  IAM_PROJECT: 'p',
  IAM_REGION: 'r',
  DATABASE_URL: 'postgres://u:p@h/d',
  IAM_KMS_WRAP_KEY: `${ring}/wrap`,
  IAM_KMS_ENDORSE_KEY: `${ring}/endorse/cryptoKeyVersions/1`,
  IAM_KMS_PUBLISH_KEY: `${ring}/publish/cryptoKeyVersions/1`,
  IAM_OBJECT_STORE: 'gs://bucket',
}

test('the operator’s environment is taken when everything required is there', () => {
  expect(() => readConfig(required)).not.toThrow()
})

test.each([
  ['IAM_ISSUER', 'http://id.example.com'],
  ['IAM_KMS_ENDPOINT', '127.0.0.1:1'],
  ['IAM_PUBSUB_ENDPOINT', '127.0.0.1:1'],
  ['IAM_OBJECT_STORE_ENDPOINT', 'http://127.0.0.1:1'],
])('outside of dev the %s of a stand-in is refused', (variable, value) => {
  const env = { ...required, [variable]: value }
  expect(() => readConfig({ ...env, IAM_ENV: 'dev' })).not.toThrow()
  expect(() => readConfig(env)).toThrow(`${variable}: `)
})
