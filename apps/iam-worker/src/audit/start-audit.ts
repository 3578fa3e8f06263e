import {
  auditSealingState,
  headStoreIn,
  sealAudit,
  signAuditHead,
  type AuditSealingState,
  type SignAuditHead,
} from '@iam/domain/audit-seal'
import { anchorOf } from '@iam/domain/key-set'
import { holdLease } from '@iam/domain/lease'
import { openKms, type Kms } from '@iam/platform/kms'
import { every, type Closer } from '@iam/platform/lifecycle'
import { openObjectStore } from '@iam/platform/object-store'
import type { WorkerContext } from '../context.ts'

/** How sealing goes on this worker. */
export interface AuditStatus {
  /** Whether the last round ended without a fault. */
  worked: boolean
  /** What the last round that did has come to; undefined where another worker seals. */
  state: AuditSealingState | undefined
}

const interval = 5_000
const leaseSeconds = 30

/** Starts sealing the audit trail. KMS and the object store are opened in the first round, and stay open. */
export async function startAudit(context: WorkerContext, closers: Closer[]): Promise<AuditStatus> {
  const { config, log } = context
  const status: AuditStatus = { worked: false, state: undefined }
  const kms = await openKms({ endpoint: config.kms.endpoint })
  context.metrics.follow(kms)
  closers.push({ name: 'kms of audit', close: () => kms.close() })
  let deps: Omit<SignAuditHead, 'lease'> | undefined
  const round = async (): Promise<void> => {
    deps ??= await openAuditDeps(context, kms)
    status.state = await tendAudit(deps, context.owner)
    status.worked = true
  }
  const loop = every(interval, round, (err) => {
    status.worked = false
    log.warn({ err }, 'The audit trail could not be sealed')
  })
  loop.nudge()
  closers.push({ name: 'audit', close: () => loop.stop() })
  return status
}

/** One round, by the one worker that holds the lease: what is new gets its place, and the minute its head. */
async function tendAudit(
  deps: Omit<SignAuditHead, 'lease'>,
  owner: string,
): Promise<AuditSealingState | undefined> {
  const { kysely } = deps.db
  const lease = await holdLease(kysely, { name: 'audit', owner, ttl: leaseSeconds })
  if (lease === undefined) return undefined
  await sealAudit({ ...deps, lease })
  await signAuditHead({ ...deps, lease })
  return auditSealingState(kysely)
}

async function openAuditDeps({ config, db }: WorkerContext, kms: Kms): Promise<Omit<SignAuditHead, 'lease'>> {
  const { auditKey } = config.kms
  return {
    db,
    deployment: config.deployment,
    signer: anchorOf(await kms.publicKey(auditKey), (bytes) => kms.sign(auditKey, bytes)),
    headStore: headStoreIn(await openObjectStore(config.store)),
  }
}
