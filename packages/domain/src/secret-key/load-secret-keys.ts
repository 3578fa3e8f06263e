import { createSecretKey } from 'node:crypto'
import type { Db } from '../db/index.ts'
import { secretAad } from './generate-secret-key.ts'
import { listSecretKeys, type SecretKeyRow } from './queries.ts'
import { secretPurposes, type SecretPurpose } from './secret-purposes.ts'
import type { SecretRings, VersionedKey } from './secret-rings.ts'
import type { Deployment, KeyWrapping } from './wrapping.ts'

type LoadSecretKeys = {
  readonly db: Pick<Db, 'kysely'>
  readonly wrapping: Pick<KeyWrapping, 'unwrap'>
  readonly deployment: Deployment
  readonly secrets: SecretRings
}

/**
 * Brings the rings in line with the table. Only versions not held yet are unwrapped, so that polling asks the
 * key-management service nothing in the steady state; versions gone from the table are dropped.
 */
export async function loadSecretKeys(deps: LoadSecretKeys): Promise<void> {
  const rows = await listSecretKeys(deps.db.kysely)
  for (const purpose of Object.keys(secretPurposes) as SecretPurpose[]) {
    const mine = rows.filter((row) => row.purpose === purpose)
    deps.secrets.replace(purpose, await Promise.all(mine.map((row) => unwrap(deps, row))))
  }
}

async function unwrap(deps: LoadSecretKeys, row: SecretKeyRow): Promise<VersionedKey> {
  const held = deps.secrets.has(row.purpose, row.version)
  if (held !== undefined) return held
  const material = await deps.wrapping.unwrap(row.wrapped, secretAad(deps.deployment, row))
  try {
    return { version: row.version, key: createSecretKey(material), activateAt: row.activateAt }
  } finally {
    material.fill(0)
  }
}
