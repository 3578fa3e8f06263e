import { createHmac, type KeyObject } from 'node:crypto'
import type { Statement } from '../db/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }

export interface PersonAt {
  readonly tenantId: Id<'ten'>
  /** Normalised. */
  readonly email: string
  readonly origin: RequestOrigin
}

/** Days without a login after which an origin is not known any more. */
const keptFor = 90
/** Origins that are kept of a person: the newest. */
const mostOrigins = 20

/**
 * 16 bytes that stand for a person at a network with an agent, and tell nothing of any of them: one for each version of
 * the key, that which makes now first.
 */
export function originIdsOf({ secrets, clock }: Deps, person: PersonAt): readonly [Buffer, ...Buffer[]] {
  const ring = secrets.of('fingerprint')
  const current = ring.current(clock())
  const others = ring.all().filter((other) => other !== current)
  return [idBy(current.key, person), ...others.map(({ key }) => idBy(key, person))]
}

function idBy(key: KeyObject, { tenantId, email, origin }: PersonAt): Buffer {
  const fields = ['known-origin', tenantId, email, origin.network, origin.agent]
  return createHmac('sha256', key).update(fields.join('\0')).digest().subarray(0, 16)
}

/** Remembers where a person has logged in from, by the newest key, and forgets what was long ago. */
export function keepOrigin(deps: Deps, person: PersonAt & { readonly userId: Id<'usr'> }): Statement {
  const [id] = originIdsOf(deps, person)
  return {
    sql: `
with kept as (
  insert into iam.known_origin as k (tenant_id, id, user_id, last_seen_at) values ($1, $2, $3, $4)
  on conflict (tenant_id, id) do update set last_seen_at = $4
)
delete from iam.known_origin where tenant_id = $1 and user_id = $3 and id <> $2
   and (last_seen_at < $4::timestamptz - make_interval(days => $5)
     or id in (select id from iam.known_origin where tenant_id = $1 and user_id = $3
                order by last_seen_at desc offset $6))`,
    parameters: [
      person.tenantId,
      id,
      person.userId,
      deps.clock(),
      keptFor,
      mostOrigins - 1, // this one comes besides
    ],
  }
}
