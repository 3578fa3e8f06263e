import { logInWithPassword, type IssuedSession } from '@iam/domain/session'
import type { World } from './open-world.ts'

/** Logs the demo tenant's person in. */
export async function logIn(world: World): Promise<IssuedSession> {
  const { acme: tenantId, origin, demo } = world
  return logInWithPassword(world, { tenantId, email: demo.tenants[0].email, password: demo.password, origin })
}
