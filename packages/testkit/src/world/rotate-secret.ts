import { loadSecretKeys, rotateSecretKey, SecretRings, type SecretPurpose } from '@iam/domain/secret-key'
import { RefreshFlights, type IssuedSession } from '@iam/domain/session'
import { testWrapping } from '../kms/index.ts'
import { testDeployment } from './bootstrap-for-tests.ts'
import type { World } from './open-world.ts'
import { systemTenant } from './people.ts'

const common = { wrapping: testWrapping, deployment: testDeployment }

/**
 * Gives a secret another version, which makes from now on, and loads it into the world's instance.
 * @returns an instance that lags behind: it holds what there was before.
 */
export async function rotateSecret(world: World, purpose: SecretPurpose): Promise<World> {
  const { db, clock, secrets, workerDb } = world
  const lagging = new SecretRings()
  await loadSecretKeys({ ...common, db, secrets: lagging })
  const systemTenantId = await systemTenant(world)
  await rotateSecretKey({ ...common, db: workerDb, clock, systemTenantId, lead: 0 }, { purpose })
  await loadSecretKeys({ ...common, db, secrets })
  return { ...world, secrets: lagging, refreshFlights: new RefreshFlights<IssuedSession>() }
}
