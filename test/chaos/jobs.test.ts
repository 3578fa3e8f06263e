import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { type Environment, type Stack, startStack } from '@iam/local-stack/stack'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startInstance } from '../support/start-instance.ts'

const waiting = { timeout: 120_000, interval: 20 }

/** A job waits for a lock of ours when its worker is killed. */
describe('jobs, with their worker killed by -9 in the middle of one', { timeout: 480_000 }, () => {
  let stack: Stack
  let environment: Environment
  let admin: pg.Client
  const workers: ChildProcess[] = []
  beforeAll(async () => {
    stack = await startStack({
      adjust: (program, given) => {
        if (program !== 'iam-worker') return given
        environment = { ...given, IAM_WORKER_ROLES: 'jobs', IAM_JOB_LEASE_SECONDS: '2', PORT: '0' }
        return { ...given, IAM_WORKER_ROLES: 'relay,keys,mail' }
      },
    })
    admin = new pg.Client({ connectionString: stack.state.database.superuserUrl })
    await admin.connect()
  })
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL')
    await admin.end()
    await stack.stop()
  })

  function startWorker(): ChildProcess {
    const worker = startInstance('iam-worker', environment)
    workers.push(worker)
    return worker
  }

  const outcomes = async (job: string) => {
    const { rows } = await admin.query<{ outcome: string | null }>(
      'select outcome from iam.job_run where job = $1 order by id',
      [job],
    )
    return rows.map((row) => row.outcome)
  }

  test('it is done again by another, and the rest are done once', async () => {
    await admin.query('begin')
    await admin.query('lock table iam.magic_link')
    const mortal = startWorker()
    const reader = new pg.Client({ connectionString: stack.state.database.superuserUrl })
    await reader.connect()
    const isAtIt = async () => {
      const { rows } = await reader.query(
        "select from iam.job_run where job = 'tidy-magic-links' and finished_at is null",
      )
      return rows.length
    }
    await expect.poll(isAtIt, waiting).toBe(1)
    mortal.kill('SIGKILL')
    await once(mortal, 'exit')
    await reader.end()
    await admin.query('rollback')
    startWorker()
    startWorker()
    await expect.poll(async () => (await outcomes('tidy-magic-links')).at(-1), waiting).toBe('succeeded')
    expect(await outcomes('tidy-magic-links')).toContain('died')
    const undone = async () => {
      const { rows } = await admin.query<{ name: string }>(
        "select name from iam.job where name not in (select job from iam.job_run where outcome = 'succeeded')",
      )
      return rows
    }
    await expect.poll(undone, waiting).toEqual([])
    const { rows } = await admin.query(
      `select job from iam.job_run where outcome = 'succeeded' and job like 'tidy-%' and queue_id in
         (select queue_id from iam.job_run group by queue_id having count(*) filter (where outcome = 'succeeded') > 1)`,
    )
    expect(rows).toEqual([])
  })
})
