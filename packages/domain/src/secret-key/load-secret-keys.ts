import { createSecretKey } from 'node:crypto'
import type { Db } from '../db/index.ts'
import { settle } from '../kit/index.ts'
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

/** Names a version. */
interface NamedSecret {
  readonly purpose: SecretPurpose
  readonly version: number
}

/**
 * Brings the rings in line with the table. Only versions not held yet are unwrapped, so that polling asks the
 * key-management service nothing in the steady state; versions gone from the table are dropped. A row that was
 * not sealed for what it claims to be is left out, and holds no other back.
 * @returns what was left out, for the log. @throws when some could not be unwrapped now, after taking in the others.
 */
export async function loadSecretKeys(deps: LoadSecretKeys): Promise<NamedSecret[]> {
  const rows = await listSecretKeys(deps.db.kysely)
  const { done, failure } = await settle(rows.map((row) => unwrap(deps, row)))
  const loaded = done.filter((outcome) => 'key' in outcome)
  const missing = rows.filter((row) => !done.some((outcome) => isSame(outcome, row)))
  for (const purpose of Object.keys(secretPurposes) as SecretPurpose[]) {
    const mine = (key: NamedSecret) => key.purpose === purpose
    const versions = missing.filter((row) => mine(row)).map(({ version }) => version)
    deps.secrets.replace(
      purpose,
      loaded.filter((key) => mine(key)),
      versions,
    )
  }
  if (failure !== undefined) throw failure.reason
  return done.filter((outcome) => !('key' in outcome))
}

function isSame(one: NamedSecret, other: NamedSecret): boolean {
  return one.purpose === other.purpose && one.version === other.version
}

async function unwrap(
  deps: LoadSecretKeys,
  row: SecretKeyRow,
): Promise<(VersionedKey & NamedSecret) | NamedSecret> {
  const { purpose, version, activateAt } = row
  const held = deps.secrets.has(purpose, version)
  if (held !== undefined) return { ...held, purpose }
  const material = await deps.wrapping.unwrap(row.wrapped, secretAad(deps.deployment, row))
  if (material === undefined) return { purpose, version }
  try {
    return { purpose, version, key: createSecretKey(material), activateAt }
  } finally {
    material.fill(0)
  }
}
