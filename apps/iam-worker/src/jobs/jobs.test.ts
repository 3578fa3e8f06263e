import { randomUUID } from 'node:crypto'
import { beginRun, endRun, keepWorkersAlive, listJobs, registerJobs } from '@iam/domain/job'
import { JobQueue } from '@iam/platform/job-queue'
import type { Closer } from '@iam/platform/lifecycle'
import { openLogger } from '@iam/platform/logging'
import { openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { WorkerContext } from '../context.ts'
import type { Job } from './job.ts'
import { metricsOfJobs } from './metrics-of-jobs.ts'
import { startJobs } from './start-jobs.ts'

const log = openLogger({ service: 'test', level: 'silent' })
const waiting = { timeout: 60_000, interval: 50 }

/** Half an hour from now, so that the schedule does not have it due while a test runs. */
const elsewhen = `${(new Date().getUTCMinutes() + 30) % 60} * * * *`

describe('jobs', { timeout: 120_000 }, () => {
  let world: World
  let queue: JobQueue
  const closers: Closer[] = []
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    queue = new JobQueue(world.database.urlFor('iam_worker'), 2)
  })
  afterEach(async () => {
    for (const { close } of closers.splice(0).toReversed()) await close()
  })
  afterAll(async () => {
    await queue.close()
    await world.close()
  })

  const context = () => {
    const config = { directDatabaseUrl: world.database.urlFor('iam_worker'), jobLeaseSeconds: 3 }
    return { ...world, db: world.workerDb, log, config } as unknown as WorkerContext
  }
  const start = (...jobs: Job[]) => startJobs(context(), closers, jobs)

  function job(run: Job['run'], more: Partial<Job> = {}): Job {
    const name = `job-${randomUUID()}`
    const common = { cron: elsewhen, reason: 'a test', limit: 30, alarm: 60, rehearses: false }
    return { name, ...common, ...more, run }
  }

  const outcomes = async ({ name }: Job) => {
    const { rows } = await sql<{ outcome: string | null }>`
      select outcome from iam.job_run where job = ${name} order by id`.execute(world.admin)
    return rows.map((row) => row.outcome)
  }

  const isIdle = async ({ name }: Job) => {
    const { rows } = await sql`select from graphile_worker.jobs where task_identifier = ${name}`.execute(
      world.admin,
    )
    return rows.length === 0
  }

  test('are done at once where they never were, by one of two workers', async () => {
    const counted = job(async () => ({ done: 1 }))
    await Promise.all([start(counted), start(counted)])
    await expect.poll(() => outcomes(counted), waiting).toEqual(['succeeded'])
    await expect.poll(() => isIdle(counted), waiting).toBe(true)
    await start(counted)
    expect(await outcomes(counted)).toEqual(['succeeded'])
  })

  test('make up for many missed ticks by one run', async () => {
    const hourly = job(async () => ({}))
    await registerJobs(world.workerDb.kysely, [hourly])
    await sql`
      insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
      values (${hourly.name}, now() - interval '9 days', now() - interval '40 hours')`.execute(world.admin)
    await Promise.all([start(hourly), start(hourly)])
    await expect.poll(() => outcomes(hourly), waiting).toEqual(['succeeded'])
    await expect.poll(() => isIdle(hourly), waiting).toBe(true)
    expect(await outcomes(hourly)).toEqual(['succeeded'])
  })

  test('are due again after a clock that was set back', async () => {
    const early = job(async () => ({}))
    const { kysely } = world.workerDb
    await registerJobs(kysely, [early])
    await sql`
      insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
      values (${early.name}, now(), now() + interval '3 days')`.execute(world.admin)
    await start(early)
    const lastTick = async () => {
      const { rows } = await sql<{ isAhead: boolean }>`
        select last_execution > now() as "isAhead" from graphile_worker._private_known_crontabs
         where identifier = ${early.name}`.execute(world.admin)
      return rows[0]?.isAhead
    }
    await expect.poll(lastTick, waiting).toBe(false)
    const due = new Date(Date.now() - 60_000)
    const run = {
      job: early.name,
      queueId: '1',
      worker: 'one',
      due,
      cause: 'schedule',
      rehearsal: false,
    } as const
    const id = await beginRun(kysely, run)
    await endRun(kysely, { id: id ?? '', outcome: 'succeeded' })
    expect(await beginRun(kysely, run)).toBeUndefined()
    await sql`update iam.job_run set started_at = now() + interval '1 day' where id = ${id}`.execute(
      world.admin,
    )
    expect(await beginRun(kysely, run)).toBeDefined()
  })

  test('are tried again when they fail, hold up no other, and show it until one succeeds', async () => {
    let isBroken = true
    const failing = job(async () => {
      if (isBroken) throw new Error('It is broken.')
      return { repaired: 1 }
    })
    const other = job(async () => ({}))
    await start(failing, other)
    await expect.poll(() => outcomes(other), waiting).toEqual(['succeeded'])
    await expect.poll(() => outcomes(failing), waiting).toContain('failed')
    const standing = async () =>
      (await listJobs(world.workerDb.kysely)).filter(({ name }) => name === failing.name)
    const [shown] = await standing()
    expect(shown).toMatchObject({ lastSuccessAt: null, lastError: 'Error: It is broken.' })
    expect(metricsOfJobs([{ ...shown!, failures: 2, running: 0, age: 7.5 }])).toEqual(
      expect.arrayContaining([
        `iam_job_last_success_age_seconds{job="${failing.name}"} 7.5`,
        `iam_job_failures_since_success{job="${failing.name}"} 2`,
      ]),
    )
    isBroken = false
    await expect.poll(() => outcomes(failing), waiting).toContain('succeeded')
    expect(await standing()).toMatchObject([{ failures: 0, running: 0, lastOutcome: 'succeeded' }])
  })

  test('fail when their time is up, whether they notice or not', async () => {
    const deaf = job(() => new Promise(() => undefined), { limit: 1 })
    await start(deaf)
    await expect.poll(() => outcomes(deaf), waiting).toContain('failed')
    expect(await outcomes(deaf)).not.toContain('died')
  })

  test('of a worker that died are done by another', async () => {
    let runs = 0
    const orphan = job(async () => {
      runs += 1
      return {}
    })
    const { kysely } = world.workerDb
    await registerJobs(kysely, [orphan])
    const queueId = await queue.add({ task: orphan.name, payload: {}, key: orphan.name })
    await keepWorkersAlive(kysely, { workers: ['the dead'], ttl: 0 })
    await sql`
      update graphile_worker._private_jobs set locked_by = 'the dead', locked_at = now() - interval '10 seconds',
             attempts = 1 where id = ${queueId}`.execute(world.admin)
    await sql`
      update graphile_worker._private_job_queues set locked_by = 'the dead', locked_at = now() - interval '10 seconds'
       where queue_name = ${orphan.name}`.execute(world.admin)
    const run = { job: orphan.name, queueId, worker: 'the dead', due: undefined, rehearsal: false } as const
    await beginRun(kysely, { ...run, cause: 'schedule' })
    await start(orphan)
    await expect.poll(() => outcomes(orphan), waiting).toEqual(['died', 'succeeded'])
    expect(runs).toBe(1)
  })

  test('of an operator are rehearsed by those that can', async () => {
    const seen: boolean[] = []
    const modest = job(
      async (_deps, { rehearsal }) => {
        seen.push(rehearsal)
        return {}
      },
      { rehearses: true },
    )
    await registerJobs(world.workerDb.kysely, [modest])
    await queue.add({ task: modest.name, payload: { by: 'operator', rehearsal: true } })
    await start(modest)
    await expect.poll(() => outcomes(modest), waiting).toEqual(['succeeded'])
    expect(seen).toEqual([true])
    expect(await listJobs(world.workerDb.kysely)).toMatchObject([{ name: modest.name, lastSuccessAt: null }])
  })
})
