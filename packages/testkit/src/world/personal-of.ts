import { createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { World } from './open-world.ts'

/**
 * The personal values of the audit events that a request left, opened with the person's key as whoever
 * investigates does. Written once more and simply: what sealing must agree with.
 */
export async function personalOf(
  { admin, secrets }: Pick<World, 'admin' | 'secrets'>,
  requestId: string,
): Promise<unknown[]> {
  const rows = await admin
    .selectFrom('iam.audit_event as a')
    .innerJoin('iam.user_key as k', (join) =>
      join.onRef('k.tenant_id', '=', 'a.tenant_id').onRef('k.user_id', '=', 'a.actor_id'),
    )
    .select(['a.id', 'a.personal', 'k.user_id', 'k.sealed', 'k.data_key_version'])
    .where('a.request_id', '=', requestId)
    .where('a.personal', 'is not', null)
    .execute()
  return rows.map(({ id, personal, user_id, sealed, data_key_version }) => {
    const dataKey = secrets.of('data').byVersion(data_key_version)
    if (dataKey === undefined || personal === null)
      throw new Error('Nothing to open, or nothing to open it with.')
    const userKey = createSecretKey(open(dataKey, sealed, user_id))
    return JSON.parse(open(userKey, personal, id).toString()) as unknown
  })
}

/** AES-256-GCM: nonce 12, ciphertext, tag 16. */
function open(key: KeyObject, sealed: Buffer, aad: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(Buffer.from(aad))
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
}
