import { Logger, makeWorkerUtils, run, type Runner } from 'graphile-worker'
import { withClient } from '../contenders/events.ts'
import type { Drain } from '../contenders/drain.ts'

const silent = new Logger(() => () => {})

/** Its settings for throughput: jobs fetched 500 at a time, completions sent in batches. */
const localQueue = {
  concurrentJobs: 24,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
}

/**
 * graphile-worker with a task that does nothing, as it comes or set up for throughput. It goes on running until it
 * is filled again: what its connections spent would be lost with them.
 */
export async function openGraphile(url: string, options: { localQueue?: boolean }): Promise<Drain> {
  const utils = await makeWorkerUtils({ connectionString: url, logger: silent })
  await utils.migrate()
  await utils.release()
  const worker = options.localQueue === true ? localQueue : { concurrentJobs: 10 }
  let runner: Runner | undefined
  return {
    fill: async (rows) => {
      await runner?.stop()
      await fill(url, rows)
    },
    empty: async (rows) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      let left = rows
      const noop = async () => {
        left -= 1
        if (left === 0) resolve()
      }
      runner = await run({
        logger: silent,
        noHandleSignals: true,
        preset: { worker: { connectionString: url, maxPoolSize: 10, ...worker } },
        taskList: { noop },
      })
      await promise
    },
    close: async () => {
      await runner?.stop()
    },
  }
}

async function fill(url: string, rows: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('delete from graphile_worker._private_jobs')
    await client.query(
      `select graphile_worker.add_jobs(array(
         select row('noop', json_build_object('event', 'session.refreshed', 'n', i), null, null, null, null, null, null)
                ::graphile_worker.job_spec
           from generate_series(1, $1) i))`,
      [rows],
    )
    await client.query('vacuum analyze graphile_worker._private_jobs')
  })
}
