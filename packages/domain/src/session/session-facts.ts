import { run, type Executor } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { personalOpener, sealPersonal, userKeyOf, type SealedUserKey } from '../user/index.ts'
import { describeAgent, type Agent } from './describe-agent.ts'
import { sealedFactsOf } from './live-queries.ts'

/** What a person is told of a session, to recognise it by. Null: it is not known, or the account is erased. */
export interface SessionFacts {
  /** What the person calls it. */
  readonly name: string | null
  /** What it was opened with. */
  readonly agent: Agent
  /** The network it was opened from, masked. */
  readonly network: string | null
  /** Where that network is, as far as the load balancer knows. */
  readonly place: string | null
}

type Deps = { readonly secrets: SecretRings }
type Owner = { readonly userId: string; readonly userKey: SealedUserKey | undefined }
type OfSession = Owner & { readonly sessionId: string }

/** What tells of a person's device and whereabouts, sealed under their key; nothing where there is no key. */
export function sealedFacts(
  deps: Deps,
  { sessionId, ...owner }: OfSession,
  { origin, name }: { readonly origin: RequestOrigin; readonly name: string | undefined },
): { seenFrom: Buffer | undefined; name: Buffer | undefined } {
  const { network, agent, place } = origin
  const { userId, userKey } = owner
  if (userKey === undefined) return { seenFrom: undefined, name: undefined }
  const values = { network, agent, ...(place === undefined ? {} : { place }) }
  return {
    seenFrom: sealPersonal(
      deps.secrets.of('data'),
      { userId, userKey },
      { values, context: contexts.seenFrom(sessionId) },
    ),
    name: name === undefined ? undefined : sealedName(deps, { userId, userKey, sessionId }, name),
  }
}

/** A session's name, sealed under its person's key. */
export function sealedName(
  { secrets }: Deps,
  {
    sessionId,
    ...owner
  }: { readonly userId: string; readonly userKey: SealedUserKey; readonly sessionId: string },
  name: string,
): Buffer {
  return sealPersonal(secrets.of('data'), owner, { values: { name }, context: contexts.name(sessionId) })
}

/** What opens the facts of a person's sessions. */
export function factsOpener({ secrets }: Deps, owner: Owner) {
  const open = personalOpener(secrets.of('data'), owner)
  return (session: { id: string; seenFrom: Buffer | null; name: Buffer | null }): SessionFacts => {
    const { network = '', agent = '', place } = open(session.seenFrom, contexts.seenFrom(session.id)) ?? {}
    return {
      name: open(session.name, contexts.name(session.id))?.['name'] ?? null,
      agent: describeAgent(agent),
      network: network === '' ? null : network,
      place: place ?? null,
    }
  }
}

/** What is known of one session, ended or not, with when it was opened. @returns undefined when there is none. */
export async function readSessionFacts(
  deps: Deps,
  tx: Executor,
  { tenantId, userId, sessionId }: { tenantId: Id<'ten'>; userId: Id<'usr'>; sessionId: string },
): Promise<(SessionFacts & { readonly createdAt: Date }) | undefined> {
  const [session] = await run(tx, sealedFactsOf({ tenantId, userId, sessionId }))
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  if (session === undefined) return undefined
  return { ...factsOpener(deps, { userId, userKey })(session), createdAt: session.createdAt }
}

/** What the sealed bytes belong to. */
const contexts = {
  seenFrom: (sessionId: string) => `${sessionId}:seen_from`,
  name: (sessionId: string) => `${sessionId}:name`,
}
