import { setTimeout as sleep } from 'node:timers/promises'
import { archiveAuditMonths, archivedRows, type ColdPart, type ColdRow } from '@iam/domain/audit-archive'
import { auditSealingState, exportAudit, headStoreIn, sealAudit, signAuditHead } from '@iam/domain/audit-seal'
import { holdLease, releaseLease } from '@iam/domain/lease'
import { testAnchors } from '@iam/testkit/kms'
import { systemTenant, testDeployment, type World } from '@iam/testkit/world'

/** The audit trail is sealed, and exported for somebody who is to check it. */
export async function travelAsSealer(world: World): Promise<void> {
  const { workerDb: db, clock, acme: tenantId } = world
  const lease = await holdLease(db.kysely, { name: 'audit', owner: 'a sealer', ttl: 60 })
  if (lease === undefined) throw new Error('Somebody else seals.')
  const headStore = headStoreIn({ read: async () => undefined, write: async () => '1' })
  const waits = async () =>
    (await sealAudit({ db, lease })) > 0 || (await auditSealingState(db.kysely)).unsealedSeconds > 0
  while (await waits()) await sleep(50) // older transactions hold events back
  const deps = { db, lease, deployment: testDeployment, signer: testAnchors.auditor, headStore }
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
  await travelToTheColdStore(world)
}

/** This very month is copied, checked and not dropped, because it is too young for that. */
async function travelToTheColdStore(world: World): Promise<void> {
  const { workerDb: db, clock } = world
  const parts = new Map<number, readonly ColdRow[]>()
  const manifests = new Map<string, string>()
  const store = {
    writePart: async ({ number }: ColdPart, rows: readonly ColdRow[]) => void parts.set(number, rows),
    readPart: async ({ number }: ColdPart) => parts.get(number) ?? [],
    writeManifest: async (month: string, text: string) => void manifests.set(month, text),
    readManifest: async (month: string) => manifests.get(month),
  }
  const anchors = [testAnchors.auditor.kid]
  const { signal } = new AbortController()
  const tooSoon = { systemTenantId: await systemTenant(world), hotDays: -60, owner: 'a worker', signal }
  const deps = { db, clock, store, anchors, report: () => undefined }
  await archiveAuditMonths(deps, { ...tooSoon, rehearsal: false }).then(
    () => Promise.reject(new Error('A month was dropped that is not over.')),
    (error: { code?: string }) => {
      if (error.code !== 'IAM31') throw error
    },
  )
  const seals = [
    { tenantId: world.acme, seq: 1, auditId: '', occurredAt: clock(), chain: Buffer.of(), head: 1 },
  ]
  await archivedRows({ db: db.kysely, store })(world.acme, seals)
}
