import { setTimeout as sleep } from 'node:timers/promises'
import { auditSealingState, exportAudit, headStoreIn, sealAudit, signAuditHead } from '@iam/domain/audit-seal'
import { holdLease, releaseLease } from '@iam/domain/lease'
import { testAnchors } from '@iam/testkit/kms'
import { testDeployment, type World } from '@iam/testkit/world'

/** The audit trail is sealed, and exported for somebody who is to check it. */
export async function travelAsSealer({ workerDb: db, clock, acme: tenantId }: World): Promise<void> {
  const lease = await holdLease(db.kysely, { name: 'audit', owner: 'a sealer', ttl: 60 })
  if (lease === undefined) throw new Error('Somebody else seals.')
  const headStore = headStoreIn({ read: async () => undefined, write: async () => '1' })
  const waits = async () =>
    (await sealAudit({ db, lease })) > 0 || (await auditSealingState(db.kysely)).unsealedSeconds > 0
  while (await waits()) await sleep(50) // older transactions hold events back
  const deps = { db, clock, lease, deployment: testDeployment, signer: testAnchors.auditor, headStore }
  await signAuditHead(deps)
  await releaseLease(db.kysely, lease)
  const to = new Date(clock().getTime() + 86_400_000)
  let last = new Date(0)
  const sink = {
    event: async ({ occurredAt }: { readonly occurredAt: string }) => void (last = new Date(occurredAt)),
    head: async () => undefined,
  }
  await exportAudit({ db, clock }, { tenantId, from: last, to }, sink)
  await exportAudit({ db, clock }, { tenantId, from: last, to }, sink)
}
