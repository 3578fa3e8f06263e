import { anchorOf } from '@iam/domain/key-set'
import { SigningKeys } from '@iam/domain/signing-key'
import { PublishedLists, statusListStoreIn } from '@iam/domain/status-list'
import { keyWrapping, openKms, type Kms } from '@iam/platform/kms'
import { every, type Closer } from '@iam/platform/lifecycle'
import { openObjectStore } from '@iam/platform/object-store'
import type { WorkerContext } from '../context.ts'
import { tendStatusLists, type StatusDeps, type StatusListState } from './tend-status-lists.ts'

/** How the status lists go on this worker. */
export interface StatusListsStatus {
  /** Whether the last round ended without a fault. */
  worked: boolean
  /** What the lists came to in the last round that did; undefined where another worker publishes them. */
  state: StatusListState | undefined
}

/** Starts publishing status lists. KMS and the object store are opened in the first round, and stay open. */
export async function startStatus(context: WorkerContext, closers: Closer[]): Promise<StatusListsStatus> {
  const { config, log } = context
  const status: StatusListsStatus = { worked: false, state: undefined }
  const kms = await openKms({ endpoint: config.kms.endpoint })
  context.metrics.follow(kms)
  closers.push({ name: 'kms of status lists', close: () => kms.close() })
  let deps: StatusDeps | undefined
  const round = async (): Promise<void> => {
    deps ??= await openStatusDeps(context, kms)
    status.state = await tendStatusLists(deps)
    status.worked = true
  }
  const loop = every(config.statusListSeconds * 1000, round, (err) => {
    status.worked = false
    log.warn({ err }, 'The status lists could not be published')
  })
  loop.nudge()
  closers.push({ name: 'status', close: () => loop.stop() })
  return status
}

async function openStatusDeps({ config, db, clock, owner }: WorkerContext, kms: Kms): Promise<StatusDeps> {
  const { endorseKey, statusWrapKey } = config.kms
  const endorser = anchorOf(await kms.publicKey(endorseKey), (bytes) => kms.sign(endorseKey, bytes))
  return {
    db,
    clock,
    owner,
    deployment: config.deployment,
    wrapping: keyWrapping(kms, statusWrapKey),
    endorsementAnchors: [endorser.kid],
    signingKeys: new SigningKeys(),
    store: statusListStoreIn(await openObjectStore(config.store)),
    published: new PublishedLists(),
    growth: { fill: 0, lookedAt: 0 },
  }
}
