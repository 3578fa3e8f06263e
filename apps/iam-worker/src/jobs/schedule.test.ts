import { requestPasswordReset } from '@iam/domain/account'
import type { Db } from '@iam/domain/db'
import { requestMagicLink } from '@iam/domain/magic-link'
import { openLogger } from '@iam/platform/logging'
import { deliverMails, logIn, openWorld, setPolicy, type World } from '@iam/testkit/world'
import { type KyselyPlugin, sql } from 'kysely'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import type { JobDeps } from './job.ts'
import { schedule } from './schedule.ts'

const log = openLogger({ service: 'test', level: 'silent' })
const hour = 3_600
const day = 24 * hour
const turn = { signal: new AbortController().signal, rehearsal: false }

type Run = (job: (typeof schedule)[number], deps: JobDeps) => Promise<void>

/** How the same things may come about: what is left in the end is the same. */
const ways: Readonly<Record<string, Run>> = {
  'by two at once, and once more': async (job, deps) => {
    await Promise.all([job.run(deps, turn), job.run(deps, turn)])
    await job.run(deps, turn)
  },
  'again and again, cut off a little later each time': async (job, deps) => {
    for (
      let statements = 0;
      await isCutOff(job, deps, statements);
      statements = Math.ceil(statements * 1.4) + 1
    );
  },
}

describe('every job of the schedule', { timeout: 480_000 }, () => {
  test.each(Object.entries(ways))(
    'has its effects once when it is done %s, over clocks that jump',
    async (_way, run) => {
      const once = await leftBy(async (job, deps) => void (await job.run(deps, turn)))
      expect(once['iam.expiry_notice']).toBeGreaterThan(0)
      expect(await leftBy(run)).toEqual(once)
    },
  )

  /** What stands in each table once time has jumped back by an hour and on by forty days, twice. */
  async function leftBy(run: Run): Promise<Record<string, number>> {
    const world = await openWorld(inject('services'))
    onTestFinished(() => world.close())
    await leaveTraces(world)
    for (const jump of [0, -hour, 40 * day, -hour, 40 * day]) {
      await world.testClock.advance(jump)
      for (const job of schedule) await run(job, depsOf(world))
    }
    return rowsIn(world)
  }

  async function leaveTraces(world: World): Promise<void> {
    const { acme: tenantId, demo, origin } = world
    const asking = { tenantId, email: demo.tenants[0].email, locale: 'en', origin } as const
    await logIn(world)
    // So that each jump passes one of the steps at which its end is told of.
    await sql`update iam.signing_key set sign_until = created_at + interval '95 days'`.execute(world.admin)
    await requestPasswordReset(world, asking)
    await setPolicy(world, { magicLinks: true })
    await requestMagicLink(world, asking)
    await deliverMails(world)
  }

  function depsOf(world: World): JobDeps {
    const audit = { cold: undefined, hotDays: 90 }
    const deployment = { region: world.region }
    const config = { torExitsUrl: undefined, audit, outboxKeepSeconds: day, deployment }
    return { ...world, db: world.workerDb, log, config } as unknown as JobDeps
  }

  async function rowsIn({ admin }: World): Promise<Record<string, number>> {
    const tables = await sql<{ name: string }>`
      select format('%s.%s', nspname, relname) as name from pg_class c join pg_namespace n on n.oid = relnamespace
       where nspname = 'iam' and relkind in ('r', 'p') and not relispartition`.execute(admin)
    const counts: Record<string, number> = {}
    for (const { name } of tables.rows) {
      const counted = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(name)}`.execute(
        admin,
      )
      counts[name] = counted.rows[0]?.n ?? 0
    }
    return counts
  }
})

class CutOff extends Error {}

/** Runs a job with a database that is gone after so many statements. @returns whether that came before its end. */
async function isCutOff(job: (typeof schedule)[number], deps: JobDeps, statements: number): Promise<boolean> {
  let left = statements
  const count = (): void => {
    if (left <= 0) throw new CutOff('The worker was killed.')
    left -= 1
  }
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      count()
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const { kysely, flights } = deps.db
  const db: Db = {
    kysely: kysely.withPlugin(plugin),
    flights: {
      fly: async (sent) => {
        count()
        return flights.fly(sent)
      },
    },
  }
  try {
    await job.run({ ...deps, db }, turn)
    return false
  } catch (error) {
    if (error instanceof CutOff) return true
    throw error
  }
}
