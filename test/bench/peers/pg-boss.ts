import { PgBoss } from 'pg-boss'
import type { Drain } from '../contenders/drain.ts'

const batch = 500
const queue = 'bench'

/** pg-boss, fetching and completing in batches: its quickest way. */
export async function openPgBoss(url: string): Promise<Drain> {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  await boss.createQueue(queue)
  return {
    fill: async (rows) => {
      await boss.deleteAllJobs(queue)
      const jobs = Array.from({ length: rows }, (_, n) => ({ data: { event: 'session.refreshed', n } }))
      for (let at = 0; at < rows; at += 5_000) await boss.insert(queue, jobs.slice(at, at + 5_000))
    },
    empty: async () => {
      for (;;) {
        const jobs = await boss.fetch(queue, { batchSize: batch })
        if (jobs.length === 0) return
        await boss.complete(
          queue,
          jobs.map(({ id }) => id),
        )
      }
    },
    close: () => boss.stop({ graceful: false }),
  }
}
