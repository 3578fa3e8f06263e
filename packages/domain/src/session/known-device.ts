import { createHmac, type KeyObject } from 'node:crypto'
import { sql } from 'kysely'
import { build } from '../db/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { describeAgent } from './describe-agent.ts'

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }

export interface PersonAt {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly origin: RequestOrigin
}

/**
 * 16 bytes that stand for a person on a network with a program and a system, and tell nothing of any of them. A new
 * version of the program is the same device.
 */
export function deviceOf({ secrets, clock }: Deps, person: PersonAt): Buffer {
  return keyed(secrets.of('fingerprint').current(clock()).key, person)
}

/** The same for each version of the key, that of `deviceOf` first: what a device may have been noted as. */
export function fingerprintsOf({ secrets, clock }: Deps, person: PersonAt): readonly [Buffer, ...Buffer[]] {
  const ring = secrets.of('fingerprint')
  const current = ring.current(clock())
  const others = ring.all().filter((other) => other !== current)
  return [keyed(current.key, person), ...others.map(({ key }) => keyed(key, person))]
}

/** Whether one of a person's sessions was on this device, whichever key that was noted with. No row: they had none. */
export function sessionsBefore({ secrets }: Pick<Deps, 'secrets'>, person: PersonAt) {
  const { tenantId, userId } = person
  const devices = secrets
    .of('fingerprint')
    .all()
    .map(({ key }) => keyed(key, person))
  return sql<{ here: boolean }>`
    select exists (select from iam.session where tenant_id = ${tenantId} and user_id = ${userId}
                      and device = any(${devices}::bytea[])) as here
      from (select from iam.session where tenant_id = ${tenantId} and user_id = ${userId} limit 1) any_at_all`.compile(
    build,
  )
}

function keyed(key: KeyObject, { tenantId, userId, origin }: PersonAt): Buffer {
  const { program, system } = describeAgent(origin.agent)
  const fields = ['device', tenantId, userId, origin.network, program ?? '', system ?? '']
  return createHmac('sha256', key).update(fields.join('\0')).digest().subarray(0, 16)
}
