import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readConfig as readApi } from '@iam/iam-api/config'
import { readConfig as readJwks } from '@iam/iam-jwks/config'
import { readConfig as readWorker } from '@iam/iam-worker/config'
import { describe, expect, test } from 'vitest'

const ring = 'projects/p/locations/l/keyRings/r/cryptoKeys'
const thumbprint = 'A'.repeat(43)
const shared = { IAM_ENV: 'prod', IAM_ISSUER: 'https://id.example.com' }
const cloud = {
  IAM_PROJECT: 'p',
  IAM_REGION: 'r',
  DATABASE_URL: 'postgres://u:p@h/d',
  REDIS_URL: 'redis://h',
  IAM_KMS_WRAP_KEY: `${ring}/wrap`,
}

const processes = [
  {
    name: 'iam-api',
    read: readApi,
    devOnly: [
      'IAM_ISSUER',
      'IAM_HIBP_URL',
      'IAM_RISK_SERVICE_URL',
      'IAM_KMS_ENDPOINT',
      'IAM_OBJECT_STORE_ENDPOINT',
    ],
    required: { ...shared, ...cloud, IAM_ENDORSEMENT_ANCHORS: thumbprint },
    malformed: {
      IAM_ENV: 'Not A Name',
      IAM_ISSUER: 'id.example.com',
      DATABASE_URL: 'mysql://h/d',
      REDIS_URL: 'h:6379',
      IAM_KMS_WRAP_KEY: 'wrap',
      IAM_KMS_SIGNATURES_PER_SECOND: '0',
      PORT: 'http',
      DATABASE_POOL_SIZE: '0',
      REDIS_TIMEOUT_MS: '0',
      IAM_ARGON2_MEMORY_KIB: '64',
      IAM_HIBP_URL: 'on',
      IAM_EXPORT_STORE: 'bucket',
      IAM_LOG_LEVEL: 'loud',
      IAM_LIMITS: '0.5',
      IAM_TRUSTED_PROXIES: 'everyone',
      IAM_PLACE_HEADERS: 'X-Town, X Country',
      IAM_COUNTRY_HEADER: 'X Country',
      IAM_SUBDIVISION_HEADER: 'X-Region,',
      IAM_COORDINATES_HEADER: '5',
      IAM_TOR_EXITS: '/tor-exits.txt',
      IAM_RISK_SERVICE_URL: 'ai-orchestrator',
      IAM_ENDORSEMENT_ANCHORS: 'short',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'key',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_SDK_DISABLED: 'yes',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '5',
    },
  },
  {
    name: 'iam-worker',
    read: readWorker,
    devOnly: [
      'IAM_ISSUER',
      'IAM_HIBP_API_URL',
      'IAM_TOR_EXITS_URL',
      'IAM_KMS_ENDPOINT',
      'IAM_PUBSUB_ENDPOINT',
      'IAM_OBJECT_STORE_ENDPOINT',
      'IAM_AUDIT_COLD_STORE_ENDPOINT',
      'IAM_CDN_ENDPOINT',
      'IAM_SECRETS_ENDPOINT',
    ],
    required: {
      ...shared,
      ...cloud,
      IAM_KMS_ENDORSE_KEY: `${ring}/endorse/cryptoKeyVersions/1`,
      IAM_KMS_PUBLISH_KEY: `${ring}/publish/cryptoKeyVersions/1`,
      IAM_OBJECT_STORE: 'gs://bucket',
      IAM_SMTP_URL: 'smtps://mail.example:465',
      IAM_MAIL_FROM: 'no-reply@id.example.com',
    },
    malformed: {
      IAM_ENV: 'Not A Name',
      IAM_ISSUER: 'id.example.com',
      DATABASE_URL: 'mysql://h/d',
      IAM_KMS_ENDORSE_KEY: `${ring}/endorse`,
      IAM_OBJECT_STORE: 'bucket',
      IAM_EXPORT_STORE: 'bucket',
      IAM_KMS_SECRET_WRAP_KEY: 'wrap',
      IAM_KMS_STATUS_WRAP_KEY: 'wrap',
      IAM_STATUS_LIST_SECONDS: '6',
      IAM_WORKER_ROLES: 'relay,king',
      IAM_SIGNING_KEY_SIGN_SECONDS: '86400',
      IAM_SECRET_ROTATION: 'salt=1',
      IAM_SIGNING_CUSTODY: 'both',
      IAM_KMS_SIGN_KEY: `${ring}/sign/cryptoKeyVersions/1`,
      IAM_TOR_EXITS_URL: '/tor-exits.txt',
      IAM_HIBP_API_URL: 'on',
      IAM_HIBP_SEARCH: 'name',
      IAM_HIBP_REQUESTS_PER_MINUTE: '0',
      IAM_SECRETS: 'environment',
      IAM_CDN: 'cloud-cdn://project',
      IAM_AUDIT_COLD_STORE: 'bigquery://project',
      IAM_AUDIT_HOT_DAYS: '29',
      IAM_KEY_SET_REGIONS: 'qa',
      IAM_SMTP_URL: 'http://mail.example',
      IAM_MAIL_FROM: 'nobody',
    },
  },
  {
    name: 'iam-jwks',
    read: readJwks,
    devOnly: ['IAM_ISSUER'],
    required: {
      ...shared,
      IAM_KEY_SET_URL: 'https://storage.example/key-set/jwks.jwt',
      IAM_JWKS_ANCHORS: `${thumbprint},${thumbprint}`,
      IAM_ENDORSEMENT_ANCHORS: thumbprint,
    },
    malformed: {
      IAM_ISSUER: 'https://id.example.com/',
      IAM_KEY_SET_URL: 'gs://bucket/o',
      IAM_STATUS_LISTS_URL: 'https://storage.example/status-lists',
      IAM_STATUS_LISTS_REGIONS: 'qa=https://storage.example/status-lists',
      IAM_JWKS_ANCHORS: 'short',
      PORT: '80a',
      IAM_KEY_SET_FLOOR: 'local',
      IAM_METRICS_PORT: '90a',
      IAM_KEY_SET_WITNESSES: 'gs://bucket/o',
    },
  },
] as const

describe.each(processes)('the configuration of $name', ({ name, read, required, malformed }) => {
  const values = required as Record<string, string>
  const faultsOf = (env: Record<string, string>): string => {
    try {
      read(env)
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }

  test('is taken when everything required is there', () => {
    expect(faultsOf(values)).toBe('')
  })

  test.each(Object.keys(values))('names %s when it is missing or empty', (variable) => {
    const { [variable]: _gone, ...rest } = values
    expect(faultsOf(rest)).toContain(`${variable}: `)
    expect(faultsOf({ ...rest, [variable]: '' })).toContain(`${variable}: `)
  })

  test('names everything that is missing at once', () => {
    for (const variable of Object.keys(values)) expect(faultsOf({})).toContain(`${variable}: `)
  })

  test.each(Object.entries(malformed))(
    'names %s when it is %s, and does not repeat a value',
    (variable, value) => {
      const faults = faultsOf({ ...values, [variable]: value })
      expect(faults).toContain(`${variable}: `)
      expect(faultsOf({ ...values, DATABASE_URL: 'mysql://u:hunter2@h/d' })).not.toContain('hunter2')
    },
  )

  test('ends the process with 1 and every fault, or with 0 when there is none', () => {
    const main = fileURLToPath(import.meta.resolve(`@iam/${name}/config`)).replace('config.ts', 'main.ts')
    const check = (env: Record<string, string>) =>
      spawnSync(process.execPath, [main, '--check-config'], {
        env: { PATH: '/usr/bin', ...env },
        encoding: 'utf8',
      })
    const wrong = check({})
    expect(wrong.status).toBe(1)
    for (const variable of Object.keys(values)) expect(wrong.stderr).toContain(variable)
    expect(check(values)).toMatchObject({ status: 0, stderr: '' })
  })
})

test.each(processes)(
  'outside of dev, $name refuses a plain issuer and every emulator it would use',
  (tried) => {
    const standIns = {
      IAM_ISSUER: 'http://id.example.com',
      IAM_HIBP_URL: 'http://pwned.example.com',
      IAM_RISK_SERVICE_URL: 'http://risk.example.com',
      IAM_HIBP_API_URL: 'http://pwned.example.com',
      IAM_TOR_EXITS_URL: 'http://tor.example.com',
      IAM_KMS_ENDPOINT: '127.0.0.1:1',
      IAM_PUBSUB_ENDPOINT: '127.0.0.1:1',
      IAM_OBJECT_STORE_ENDPOINT: 'http://127.0.0.1:1',
      IAM_CDN_ENDPOINT: 'http://127.0.0.1:1',
      IAM_SECRETS_ENDPOINT: '127.0.0.1:1',
      IAM_AUDIT_COLD_STORE_ENDPOINT: 'http://127.0.0.1:1',
    }
    const { read, required, devOnly } = tried
    for (const variable of devOnly) {
      const env = { ...required, [variable]: standIns[variable] }
      expect(() => read({ ...env, IAM_ENV: 'dev' })).not.toThrow()
      expect(() => read(env)).toThrow(`${variable}: `)
    }
  },
)

test('limits are raised in dev alone', () => {
  const { required } = processes[0]
  expect(readApi(required).limits).toBe(1)
  for (const raised of ['off', '100']) {
    expect(() => readApi({ ...required, IAM_LIMITS: raised })).toThrow('IAM_LIMITS: ')
    const { limits } = readApi({ ...required, IAM_ENV: 'dev', IAM_LIMITS: raised })
    expect(String(limits)).toBe(raised)
  }
})

test('signing keys may be in KMS, which must be said where, and live longer there', () => {
  const { required } = processes[1]
  const inKms = { ...required, IAM_SIGNING_CUSTODY: 'kms' }
  const signKey = `${ring}/sign`
  expect(() => readWorker(inKms)).toThrow('IAM_KMS_SIGN_KEY: ')
  const days = (env: Record<string, string>) => readWorker(env).signingKeys.signFor / 86_400
  expect(readWorker({ ...inKms, IAM_KMS_SIGN_KEY: signKey }).signKey).toBe(signKey)
  expect(days({ ...inKms, IAM_KMS_SIGN_KEY: signKey })).toBe(30)
  // A key that is named and not asked for changes nothing.
  expect(readWorker({ ...required, IAM_KMS_SIGN_KEY: signKey }).signKey).toBeUndefined()
  expect(days(required)).toBe(7)
  expect(
    days({ ...inKms, IAM_KMS_SIGN_KEY: signKey, IAM_SIGNING_KEY_SIGN_SECONDS: String(90 * 86_400) }),
  ).toBe(90)
})

test('the key set may be put into a bucket or onto a volume, and nowhere else', () => {
  const { required } = processes[1]
  const storeOf = (url: string) => readWorker({ ...required, IAM_OBJECT_STORE: url }).store.url
  for (const url of ['gs://iam-prod-key-set', 'file:///var/lib/iam/published']) expect(storeOf(url)).toBe(url)
  for (const url of ['s3://bucket', 'gs://bucket/folder', 'file://host/volume', 'https://bucket.example']) {
    expect(() => storeOf(url)).toThrow('IAM_OBJECT_STORE: ')
  }
})

test('the local stack sets no variable that no process reads', () => {
  const source = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const readers = ['apps/iam-api/src', 'apps/iam-worker/src', 'apps/iam-jwks/src', 'packages/cli/src']
  const read = [
    ...readers.map((folder) => source(`${folder}/config.ts`)),
    source('packages/platform/src/variables/shared.ts'),
  ].join('\n')
  const set = source('packages/local-stack/src/stack/environment.ts')
  const names = [...set.matchAll(/\b(?:IAM|DATABASE|REDIS)_[A-Z_]+(?=:)/g)].map(([name]) => name)
  expect(names).toContain('DATABASE_URL')
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(read))).toEqual([])
})

test('iam-jwks reads the status lists of a region where it is told to', () => {
  const required = processes.find(({ name }) => name === 'iam-jwks')?.required ?? {}
  const regions = 'eu=https://eu.example/status-lists/,qa=file:///qa/'
  const { statusListRegions } = readJwks({ ...required, IAM_STATUS_LISTS_REGIONS: regions })
  expect([...statusListRegions].map(([region, { href }]) => `${region}=${href}`).join()).toBe(regions)
  expect(readJwks(required).statusListRegions.size).toBe(0)
})

test('exports of personal data are put into no bucket that everybody reads', () => {
  const { required } = processes[1]
  const read = (bucket: string) => readWorker({ ...required, IAM_EXPORT_STORE: bucket }).exportStore?.url
  expect(read('gs://exports')).toBe('gs://exports')
  expect(() => read(required.IAM_OBJECT_STORE)).toThrow('IAM_EXPORT_STORE: must be another place')
})
