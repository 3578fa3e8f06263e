import { sql } from 'kysely'
import { build, run, type Executor, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { DeviceKey } from './device-key.ts'
import { mostDevices, type StoredDevice } from './device.ts'

/** What Postgres answers when a person has as many devices as they may. */
export const tooManyDevices = 'IAM05'

/** What Postgres answers when a device that a flight takes for granted is revoked, or gone, by then. */
export const deviceGone = 'IAM07'

/** What Postgres answers when a key is a device's already. */
export const deviceKnown = 'IAM06'

type OfPerson = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }
type OneOf = OfPerson & { readonly id: Id<'dev'> }

const columns = [
  'id',
  'user_id as userId',
  'algorithm',
  'public_key as publicKey',
  'thumbprint',
  'name',
  'trust',
  'trusted_at as trustedAt',
  'trusted_for as trustedFor',
  'created_at as createdAt',
  'last_used_at as lastUsedAt',
] as const

/** A person's devices that are not revoked, the oldest first. */
export function devicesOf({ tenantId, userId }: OfPerson) {
  return build
    .selectFrom('iam.device')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('trust', '!=', 'revoked')
    .orderBy('id')
    .$castTo<StoredDevice>()
    .compile()
}

/** A device by its id, if it is not revoked. */
export function deviceById(tenantId: Id<'ten'>, id: string) {
  return build
    .selectFrom('iam.device')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('trust', '!=', 'revoked')
    .$castTo<StoredDevice>()
    .compile()
}

/** Notes a use inside a flight, which fails with `deviceGone` when the device is revoked, or not that person's. */
export function useDevice({ tenantId, userId, id, at }: OneOf & { readonly at: Date }): Statement {
  return sql`
    with used as (
      update iam.device set last_used_at = ${at}
       where tenant_id = ${tenantId} and user_id = ${userId} and id = ${id} and trust <> 'revoked'
      returning id
    )
    select iam.require(exists (select from used), ${deviceGone})`.compile(build)
}

/** Trusts a device for what its person's account hangs on. No row: the person has no such device. */
export function markTrusted({
  at,
  trustedFor,
  ...one
}: OneOf & { readonly at: Date; readonly trustedFor: Buffer }) {
  const trusted = { trust: 'trusted', trusted_at: at, trusted_for: trustedFor }
  return standing(one).set(trusted).returning('id').compile()
}

/**
 * Stores a device. The flight fails with `tooManyDevices`, and with `deviceKnown` when its key is a device's of anybody
 * in the tenant, a revoked one's included. To stand in a flight with the person's stream in its scope: then no two at
 * once are both the last.
 */
export function insertDevice(
  device: OneOf & { readonly key: DeviceKey; readonly name: Buffer | null; readonly at: Date },
): Statement {
  const { tenantId, userId, id, key, name, at } = device
  return sql`
    with held as (
      select count(*) < ${mostDevices} as has_room from iam.device
       where tenant_id = ${tenantId} and user_id = ${userId} and trust <> 'revoked'
    ),
    stored as (
      insert into iam.device (tenant_id, id, user_id, algorithm, public_key, thumbprint, name, trust, created_at,
                              last_used_at)
      select ${tenantId}, ${id}, ${userId}, ${key.algorithm}, ${key.publicKey}, ${key.thumbprint}, ${name}, 'known',
             ${at}, ${at}
        from held where has_room
      on conflict (tenant_id, thumbprint) do nothing
      returning id
    )
    select iam.require(has_room, ${tooManyDevices}), iam.require(exists (select from stored), ${deviceKnown})
      from held`.compile(build)
}

function standing({ tenantId, userId, id }: OneOf) {
  return build
    .updateTable('iam.device')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('trust', '!=', 'revoked')
}

/** Gives a device a name. No row: the person has no such device that is not revoked. */
export function renameDeviceTo({ name, ...one }: OneOf & { readonly name: Buffer | null }) {
  return standing(one).set({ name }).returning('id').compile()
}

/** Revokes a device, for good. Its key stays, so that it does not come back. No row: there is none to revoke. */
export function markRevoked({ at, ...one }: OneOf & { readonly at: Date }) {
  const revoked = { trust: 'revoked', revoked_at: at, trusted_at: null, trusted_for: null, name: null }
  return standing(one).set(revoked).returning('id').compile()
}

/** Deletes a person's devices: part of erasing the person. None of their sessions may name one any more. */
export async function forgetDevices(db: Executor, { tenantId, userId }: OfPerson): Promise<void> {
  await run(
    db,
    build.deleteFrom('iam.device').where('tenant_id', '=', tenantId).where('user_id', '=', userId).compile(),
  )
}
