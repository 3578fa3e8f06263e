import {
  beginRun,
  deadWorkers,
  deleteOldRuns,
  dismissWorkers,
  endDeadRuns,
  endRun,
  findRuns,
  keepWorkersAlive,
  listJobs,
  registerJobs,
} from '@iam/domain/job'
import { breachesFoundAt, countDue, holdBack, noteLook, peopleDue, takeTurn } from '@iam/domain/breach-audit'
import { inTenant } from '@iam/domain/db'
import { noticeExpiries } from '@iam/domain/expiry'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { addPerson, type World } from '@iam/testkit/world'

/** What the worker notes of what it does by the clock. */
export async function travelByTheClock({ workerDb, clock }: World): Promise<void> {
  const { kysely } = workerDb
  const job = { name: 'a-job', cron: '0 0 * * *', reason: 'a test', limit: 1, alarm: 1, rehearses: false }
  await registerJobs(kysely, [job])
  await keepWorkersAlive(kysely, { workers: ['a worker'], ttl: 60 })
  const run = { job: job.name, queueId: '1', worker: 'a worker', due: undefined, rehearsal: false } as const
  const id = await beginRun(kysely, { ...run, cause: 'schedule' })
  await endRun(kysely, { id: id ?? '', outcome: 'succeeded' })
  await deadWorkers(kysely, ['a worker'])
  await endDeadRuns(kysely)
  await dismissWorkers(kysely, ['a worker'])
  await findRuns(kysely, '1')
  await listJobs(kysely)
  await deleteOldRuns(kysely, { limit: 1 })
  const system = await findDirectoryEntry(kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant.')
  const ends = { beginsAt: new Date(0), endsAt: clock() }
  const things = [{ kind: 'signing_key', id: 'sgk_01BX5ZZKBKACTAV9WEVGEMMVRZ', ...ends }] as const
  await noticeExpiries({ db: workerDb, clock }, { ...system, things, rehearsal: false })
}

/** What iam-worker does to look for somebody's address in breaches of other services. */
export async function travelThroughBreaches(world: World): Promise<void> {
  const { acme: tenantId, workerDb: db, admin, clock } = world
  const address = 'breached@acme.example'
  const { userId } = await addPerson(world, { tenantId, email: address })
  const confirmed = admin.updateTable('iam.user').set({ email_verified_at: clock() })
  await confirmed.where('id', '=', userId).execute()
  const found = [{ name: 'Shop', breachedOn: '2026-01-01', addedAt: clock(), hasPasswords: true }]
  await noteLook({ ...world, db }, { tenantId, userId, address, found })
  const looked = admin.selectFrom('iam.breach_found').select('found_at').where('user_id', '=', userId)
  const { found_at: at } = await looked.executeTakeFirstOrThrow()
  // Whoever is due again: everybody, also when the statement is tried once more.
  const notSince = new Date(clock().getTime() + 86_400_000)
  await inTenant(db, { tenantId }, async (tx) => {
    await breachesFoundAt(tx, { tenantId, userId, at })
    await countDue(tx, { tenantId, notSince })
    await peopleDue(tx, { tenantId, notSince, limit: 1 })
  })
  await takeTurn(db.kysely, { apart: 1, now: clock() })
  await holdBack(db.kysely, clock())
}
