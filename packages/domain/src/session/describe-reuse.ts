import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import { newId, type Clock, type Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { personalOpener, sealPersonal, userKeyOf, type SealedUserKey } from '../user/index.ts'
import { describeAgent, type Agent } from './describe-agent.ts'
import { keepPersonal, reuseOf, reusesOf, type StoredReuse } from './reuse-queries.ts'
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

/** The same, in a list. */
export interface ListedReuse extends Reuse {
  /** The session that it ended. */
  readonly sessionId: Id<'ses'>
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
  if (reuse.personal === null) await sealForGood(deps, tx, { owner, reuse })
  return openReuse(deps, owner, reuse)
}

/** A page of a person's reuses, the newest session first; nothing once they are erased. */
export async function listReusesWithin(
  tx: Executor,
  deps: Deps,
  {
    tenantId,
    userId,
    after,
    limit,
  }: Omit<OfSession, 'sessionId'> & { readonly after: string | undefined; readonly limit: number },
): Promise<{ readonly items: readonly ListedReuse[]; readonly last: string | undefined }> {
  const rows = await run(tx, reusesOf({ tenantId, userId, before: after, limit: limit + 1 }))
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  if (userKey === undefined) return { items: [], last: undefined }
  const shown = rows.slice(0, limit)
  return {
    items: shown.map((reuse) => ({
      sessionId: reuse.sessionId,
      ...openReuse(deps, { userId, userKey }, reuse),
    })),
    last: rows.length > limit ? shown.at(-1)?.sessionId : undefined,
  }
}

type Person = { readonly userId: Id<'usr'>; readonly userKey: SealedUserKey }
type Owner = OfSession & Person
type Values = Readonly<Record<string, string>>

function openReuse(deps: Deps, person: Person, reuse: StoredReuse): Reuse {
  const open = personalOpener(deps.secrets.of('data'), person)
  const values = open(reuse.personal, contextOf(reuse)) ?? leftBehind(deps, reuse)
  return {
    holder: partyIn(values, 'holder', reuse.refreshedAt),
    presenter: partyIn(values, 'presenter', reuse.presentedAt),
    isAlarming: reuse.successorUsed || reuse.elsewhere,
  }
}

/** What the refresh left, as long as it was not sealed anew. */
function leftBehind(deps: Deps, reuse: StoredReuse): Values {
  return {
    ...valuesOf('holder', originIn(deps, reuse, reuse.holder)),
    ...valuesOf('presenter', originIn(deps, reuse, reuse.presenter)),
  }
}

async function sealForGood(
  deps: Deps,
  tx: Executor,
  { owner, reuse }: { readonly owner: Owner; readonly reuse: StoredReuse },
): Promise<void> {
  const { tenantId, userId, sessionId } = owner
  const values = leftBehind(deps, reuse)
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
function contextOf({ sessionId }: Pick<OfSession, 'sessionId'>): string {
  return `${sessionId}:reuse`
}
