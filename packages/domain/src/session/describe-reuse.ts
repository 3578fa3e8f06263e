import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import { newId, type Clock, type Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { personalOpener, sealPersonal, userKeyOf, type SealedUserKey } from '../user/index.ts'
import { describeAgent, type Agent } from './describe-agent.ts'
import { keepPersonal, reuseOf, type StoredReuse } from './reuse-queries.ts'
import { openOrigin, type KnownOrigin } from './sealed-origin.ts'

/** One of the two who used the tokens of one family. Null: it is not known. */
export interface Party {
  readonly agent: Agent
  /** Masked. */
  readonly network: string | null
  readonly place: string | null
  readonly at: Date
}

/** A refresh token that came back, and ended its session. */
export interface Reuse {
  /** Whoever refreshed last. */
  readonly holder: Party
  /** Whoever came with the old token. */
  readonly presenter: Party
  /** False where a reply that was lost explains it: its successor was never used, and nobody came from elsewhere. */
  readonly isAlarming: boolean
}

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }
type OfSession = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly sessionId: string }

/**
 * What is known of both parties of a reuse. The first time, what the refresh left sealed under the data key is sealed
 * under the person's own, and told to audit in the same way: erasing that key erases it. A refresh has no time to read it.
 * @returns undefined when there was no such reuse, or the person was erased.
 */
export async function describeReuse(
  deps: Deps,
  tx: Executor,
  session: OfSession,
): Promise<Reuse | undefined> {
  const { tenantId, userId } = session
  const [reuse] = await run(tx, reuseOf(session))
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  if (reuse === undefined || userKey === undefined) return undefined
  const owner = { ...session, userKey }
  const values = opened(deps, owner, reuse) ?? (await sealForGood(deps, tx, { owner, reuse }))
  const isAlarming = reuse.successorUsed || reuse.elsewhere
  return {
    holder: partyIn(values, 'holder', reuse.refreshedAt),
    presenter: partyIn(values, 'presenter', reuse.presentedAt),
    isAlarming,
  }
}

type Owner = OfSession & { readonly userKey: SealedUserKey }
type Values = Readonly<Record<string, string>>

function opened({ secrets }: Deps, owner: Owner, { personal }: StoredReuse): Values | undefined {
  return personalOpener(secrets.of('data'), owner)(personal, contextOf(owner))
}

async function sealForGood(
  deps: Deps,
  tx: Executor,
  { owner, reuse }: { readonly owner: Owner; readonly reuse: StoredReuse },
): Promise<Values> {
  const { tenantId, userId, sessionId } = owner
  const values = {
    ...valuesOf('holder', originIn(deps, reuse, reuse.holder)),
    ...valuesOf('presenter', originIn(deps, reuse, reuse.presenter)),
  }
  const sealed = (context: string) => sealPersonal(deps.secrets.of('data'), owner, { values, context })
  await run(tx, keepPersonal(owner, sealed(contextOf(owner))))
  const at = deps.clock()
  const id = newId('aud', at)
  const audited = { action: 'session.reuse_described', outcome: 'success', reason: 'refresh_reused' } as const
  await run(
    tx,
    appendAudit({
      ...audited,
      id,
      tenantId,
      at,
      actor: { type: 'user', id: userId },
      target: { type: 'session', id: sessionId },
      origin: reuse,
      personal: sealed(id),
    }),
  )
  return values
}

function originIn(deps: Deps, { familyId }: StoredReuse, sealed: Buffer | null): KnownOrigin | undefined {
  return sealed === null ? undefined : openOrigin(deps, familyId, sealed)
}

type Role = 'holder' | 'presenter'

function valuesOf(role: Role, { network = '', agent = '', place = '' }: Partial<KnownOrigin> = {}): Values {
  return { [`${role}Network`]: network, [`${role}Agent`]: agent, [`${role}Place`]: place }
}

function partyIn(values: Values, role: Role, at: Date): Party {
  const known = (name: string) => values[`${role}${name}`] || null
  return {
    agent: describeAgent(known('Agent') ?? ''),
    network: known('Network'),
    place: known('Place'),
    at,
  }
}

/** What the sealed bytes belong to. */
function contextOf({ sessionId }: OfSession): string {
  return `${sessionId}:reuse`
}
