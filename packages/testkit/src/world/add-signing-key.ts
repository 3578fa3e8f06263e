import type { SigningAlg } from '@iam/domain/key-set'
import {
  generateSigningKey,
  insertSigningKey,
  loadSigningKeys,
  type SigningKeyRow,
} from '@iam/domain/signing-key'
import { testAnchors, testWrapping } from '../kms/index.ts'
import { testDeployment } from './bootstrap-for-tests.ts'
import type { World } from './open-world.ts'

/** Gives the issuer a key of an algorithm that signs from now on, as if its lead had passed, and has the world load it. */
export async function addSigningKey(world: World, alg: SigningAlg): Promise<SigningKeyRow> {
  const common = { ...world, deployment: testDeployment, wrapping: testWrapping }
  const key = await generateSigningKey(
    { ...common, endorser: testAnchors.endorser },
    { scope: 'issuer', purpose: 'token', alg, signFor: 604_800, verifyAfter: 172_800 },
  )
  await insertSigningKey(world.admin, key)
  const now = world.clock()
  await world.admin
    .updateTable('iam.signing_key')
    .set({ state: 'active', published_at: now, activate_at: now })
    .where('id', '=', key.id)
    .execute()
  const leftOut = await loadSigningKeys({ ...common, endorsementAnchors: [testAnchors.endorser.kid] })
  if (leftOut.length > 0) throw new Error(`Keys were left out: ${JSON.stringify(leftOut)}`)
  return key
}
