import { appendAudit } from '../audit/index.ts'
import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import type { SigningAlg } from '../key-set/index.ts'
import { deleteAudienceAlg, listPinnedTwice, setAudienceAlg, setClientAlg } from './queries.ts'

type PinDeps = {
  readonly db: Pick<Db, 'kysely'>
  readonly clock: Clock
  /** The algorithms that the deployment has keys for. */
  readonly signingAlgs: readonly SigningAlg[]
}

export interface PinTokenAlgorithm {
  readonly tenantId: Id<'ten'>
  /** Whose access tokens: a client's, by its handle, or those for an audience. */
  readonly of: { readonly client: string } | { readonly audience: string }
  /** Null for what is usual in the deployment. */
  readonly alg: SigningAlg | null
}

/**
 * Pins access tokens to the algorithm that who verifies them can do, from the next token on: RS256 for software that
 * knows no other, for one. Sessions go on.
 * @throws Refusal `wrong_state` for an algorithm that the deployment has no keys for, and where a client and its
 *   audience would be pinned to different ones; `not_found` for a client that there is not.
 */
export async function pinTokenAlgorithm(deps: PinDeps, pin: PinTokenAlgorithm): Promise<void> {
  const { tenantId, alg } = pin
  const at = deps.clock()
  await inTenant(deps.db, { tenantId, streams: [pinStream(tenantId)] }, async (tx) => {
    await setTokenAlgorithm(tx, pin, { at, signingAlgs: deps.signingAlgs })
    const audit = { tenantId, at, actor: { type: 'system' }, outcome: 'success', ...pinned(pin) } as const
    await run(tx, appendAudit({ ...audit, reason: alg ?? 'none' }))
  })
}

/** One pin at a time: two that contradict each other would not see one another. */
export function pinStream(tenantId: Id<'ten'>): string {
  return streamKey(tenantId, tenantId)
}

/** How the audit trail calls it. */
export function pinned({ of }: Pick<PinTokenAlgorithm, 'of'>) {
  const [type, id] = 'client' in of ? ['client', of.client] : ['audience', of.audience]
  return { action: `${type}.algorithm_pinned`, target: { type, id } }
}

/** The same in the caller's transaction, which holds `pinStream` and writes audit. @throws Refusal as that does. */
export async function setTokenAlgorithm(
  tx: Executor,
  pin: PinTokenAlgorithm,
  { at, signingAlgs }: { readonly at: Date; readonly signingAlgs: readonly SigningAlg[] },
): Promise<void> {
  const { tenantId, alg } = pin
  if (alg !== null && !signingAlgs.includes(alg))
    throw new Refusal('wrong_state', {
      detail: `This deployment has no keys for ${alg}: see IAM_SIGNING_ALGS.`,
    })
  await set(tx, pin, at)
  await requireNoContradiction(tx, tenantId)
}

async function set(tx: Executor, { tenantId, of, alg }: PinTokenAlgorithm, at: Date): Promise<void> {
  if ('client' in of) {
    if (await setClientAlg(tx, { tenantId, handle: of.client, alg })) return
    throw new Refusal('not_found', { detail: `There is no client ${of.client}.` })
  }
  if (alg === null) await deleteAudienceAlg(tx, { tenantId, ...of })
  else await setAudienceAlg(tx, { tenantId, ...of, alg, at })
}

async function requireNoContradiction(tx: Executor, tenantId: Id<'ten'>): Promise<void> {
  const pinnedTwice = await listPinnedTwice(tx, tenantId)
  const found = pinnedTwice.find(({ own, theirs }) => own !== theirs)
  if (found === undefined) return
  const detail = `The client ${found.handle} and its audience ${found.audience} would be pinned to different algorithms.`
  throw new Refusal('wrong_state', { detail })
}
