import { Admission } from '@iam/domain/admission'
import { keyingAudit } from '@iam/domain/audit'
import { hashPassword } from '@iam/domain/credential'
import type { Database, Db } from '@iam/domain/db'
import { holdLease, releaseLease } from '@iam/domain/lease'
import {
  ensureAuditKey,
  loadSecretKeys,
  SecretRings,
  tendSecretKeys,
  type Deployment,
} from '@iam/domain/secret-key'
import { secretUses } from '@iam/domain/secret-use'
import { publishKeySet, tendSigningKeys, tokenLines } from '@iam/domain/signing-key'
import { createTenant } from '@iam/domain/tenant'
import { createUser } from '@iam/domain/user'
import { openPostgres } from '@iam/platform/postgres'
import { testAnchors, testWrapping } from '../kms/index.ts'
import { countedHashers } from './counted-hashers.ts'

export const testDeployment: Deployment = {
  env: 'test',
  project: 'iam-test',
  region: 'local',
  issuer: 'https://id.example.test',
}

/** What the template database holds: two tenants, each with one person. */
export const demo = {
  password: 'correct horse battery staple',
  tenants: [
    { slug: 'acme', email: 'ada@acme.example' },
    { slug: 'globex', email: 'hank@globex.example' },
  ],
} as const

/** Fills a migrated database: system tenant, secrets, one active signing key with its standby, the demo tenants. */
export async function bootstrapForTests(ownerUrl: string): Promise<void> {
  const secrets = new SecretRings()
  const beforeWriting = keyingAudit(secrets.of('audit'))
  const { kysely, flights, close } = openPostgres<Database>({ url: ownerUrl, poolSize: 2, beforeWriting })
  const db: Db = { kysely, flights }
  const clock = () => new Date()
  try {
    const common = { db, clock, wrapping: testWrapping, deployment: testDeployment, secrets }
    await ensureAuditKey(common)
    await loadSecretKeys(common)
    await createKeys(db, clock)
    const passwords = { hasher: countedHashers().hasher, admission: new Admission(unhurried) }
    await loadSecretKeys(common)
    for (const { slug, email } of demo.tenants) {
      const { region, issuer } = testDeployment
      const tenantId = await createTenant({ db, clock }, { slug, name: slug, region, audience: issuer })
      if (tenantId === undefined) throw new Error(`The template has a tenant ${slug} already.`)
      const password = await hashPassword(
        { passwords, secrets, clock },
        { tenantId, password: demo.password },
      )
      await createUser({ db, clock, secrets }, { tenantId, email, password })
    }
  } finally {
    await close()
  }
}

const unhurried = { concurrency: 1, waiting: 10, waitingPerTenant: 10, deadline: 60_000 }

async function createKeys(db: Db, clock: () => Date): Promise<void> {
  const { region, issuer } = testDeployment
  const systemTenantId = await createTenant(
    { db, clock },
    { slug: 'system', name: 'system', region, audience: issuer },
  )
  const lease = await holdLease(db.kysely, { name: 'keys', owner: 'bootstrap', ttl: 60 })
  if (systemTenantId === undefined || lease === undefined) throw new Error('The template is not empty.')
  const common = { db, clock, wrapping: testWrapping, deployment: testDeployment, lease, systemTenantId }
  await tendSecretKeys({ ...common, lead: 0, rotation: {}, uses: secretUses })
  const policy = { signFor: 604_800, verifyAfter: 172_800, activationLead: 0, announce: 0 }
  const stored = new Map<string, Buffer>()
  const keySetStore = {
    read: async () => undefined,
    write: async (document: Buffer) => void stored.set('key-set', document),
  }
  const servedKids = async () => new Set(await everyKid(db))
  const tend = {
    ...common,
    endorser: testAnchors.endorser,
    policy,
    lines: tokenLines(['ES256'], testWrapping),
    servedKids,
  }
  const publish = {
    ...common,
    publisher: testAnchors.publisher,
    keySetStore,
    lifetime: 3600,
    resignAfter: 600,
  }
  for (let round = 0; round < 3; round += 1) {
    await tendSigningKeys(tend)
    await publishKeySet(publish)
  }
  await releaseLease(db.kysely, lease)
}

async function everyKid(db: Db): Promise<string[]> {
  const rows = await db.kysely.selectFrom('iam.signing_key').select('kid').execute()
  return rows.map((row) => row.kid)
}
