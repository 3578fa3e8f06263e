import {
  listAudienceAlgs,
  listClientAlgs,
  pinned,
  pinStream,
  setTokenAlgorithm,
  type PinTokenAlgorithm,
} from '../client/index.ts'
import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { SigningAlg } from '../key-set/index.ts'
import { administer, type AdministrationDeps, type AdministrativeCall } from './administer.ts'

/** What signs a tenant's access tokens. */
export interface AlgorithmsView {
  /** What the deployment has keys for; the first signs what is pinned to none. */
  readonly available: readonly SigningAlg[]
  /** Null where client, or audience, leaves it open. */
  readonly clients: readonly {
    readonly client: string
    readonly audience: string
    readonly alg: SigningAlg | null
  }[]
  readonly audiences: readonly { readonly audience: string; readonly alg: SigningAlg }[]
}

type AlgorithmDeps = AdministrationDeps & { readonly signingAlgs: readonly SigningAlg[] }

export type PinAlgorithm = AdministrativeCall & Pick<PinTokenAlgorithm, 'of' | 'alg'>

/** What a tenant's clients and audiences are pinned to. @throws Refusal what `administer` refuses. */
export async function readAlgorithms(deps: AlgorithmDeps, call: AdministrativeCall): Promise<AlgorithmsView> {
  const target = { type: 'tenant', id: call.tenantId }
  const act = { action: 'algorithms.read', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => ({ answer: await view(deps, tx, call.tenantId) }))
}

/**
 * Pins a client's access tokens, or those for an audience, from the next token on; what `iam tenant pin-algorithm` does.
 * @throws Refusal what `setTokenAlgorithm` refuses, and what `administer` refuses.
 */
export async function pinAlgorithm(deps: AlgorithmDeps, call: PinAlgorithm): Promise<AlgorithmsView> {
  const { tenantId, of, alg } = call
  const named = { ...pinned(call), role: 'tenant.admin', streams: [pinStream(tenantId)] } as const
  return administer(deps, call, { ...named, asksForRecentLogin: true }, async ({ tx, at }) => {
    await setTokenAlgorithm(tx, { tenantId, of, alg }, { at, signingAlgs: deps.signingAlgs })
    return { answer: await view(deps, tx, tenantId), remark: alg ?? 'none' }
  })
}

async function view(
  { signingAlgs: available }: AlgorithmDeps,
  tx: Executor,
  tenantId: Id<'ten'>,
): Promise<AlgorithmsView> {
  const clients = await listClientAlgs(tx, tenantId)
  return { available, clients, audiences: await listAudienceAlgs(tx, tenantId) }
}
