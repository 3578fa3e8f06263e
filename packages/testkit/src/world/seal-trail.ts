import { setTimeout as sleep } from 'node:timers/promises'
import { appendAudit } from '@iam/domain/audit'
import { headStoreIn, sealAudit, signAuditHead } from '@iam/domain/audit-seal'
import { inTenant, run } from '@iam/domain/db'
import type { Id } from '@iam/domain/kit'
import { holdLease, type HeldLease } from '@iam/domain/lease'
import { sql } from 'kysely'
import { testAnchors } from '../kms/index.ts'
import { testDeployment } from './bootstrap-for-tests.ts'
import type { World } from './open-world.ts'

type Sealed = Pick<World, 'db' | 'workerDb' | 'clock' | 'testClock' | 'admin'>

/** Notes something in a tenant's audit trail. */
export async function noteAudit({ db, clock }: Sealed, tenantId: Id<'ten'>, action: string): Promise<void> {
  const at = clock()
  const actor = { type: 'system' } as const
  const audit = appendAudit({ tenantId, at, actor, action, target: { type: 'test' }, outcome: 'success' })
  await inTenant(db, { tenantId }, (tx) => run(tx, audit))
}

/** Seals everything that there is, signs the minute's head, and lets the minute pass. */
export async function sealTrail(world: Sealed, owner = 'a sealer'): Promise<void> {
  const { workerDb: db, testClock } = world
  const lease = await holdLease(db.kysely, { name: 'audit', owner, ttl: 864_000 })
  if (lease === undefined) throw new Error('Somebody else seals.')
  await sealAll(world, lease)
  const headStore = headStoreIn({ read: async () => undefined, write: async () => '1' })
  await signAuditHead({
    db,
    lease,
    deployment: testDeployment,
    signer: testAnchors.auditor,
    headStore,
  })
  await testClock.advance(60)
}

/** Until nothing waits: transactions of other tests on this server hold events back. */
async function sealAll({ workerDb: db, admin }: Sealed, lease: HeldLease): Promise<void> {
  for (;;) {
    await sealAudit({ db, lease })
    const found = await sql<{ waiting: boolean }>`
      select exists (
        select from iam.audit_event e
         where not exists (select from iam.audit_seal s where s.tenant_id = e.tenant_id and s.audit_id = e.id)
      ) as waiting`.execute(admin)
    if (found.rows[0]?.waiting === false) return
    await sleep(20)
  }
}
