import { issueChallenge } from '@iam/domain/challenge'
import { inOneFlight, inTenant } from '@iam/domain/db'
import { once } from '@iam/domain/idempotency-key'
import { requestPasswordReset } from '@iam/domain/account'
import { requestMagicLink } from '@iam/domain/magic-link'
import { refreshSession } from '@iam/domain/session'
import { openLogger } from '@iam/platform/logging'
import { deliverMails, logIn, openWorld, setPolicy, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Config } from '../config.ts'
import { tidyJobs } from './tidy.ts'

const log = openLogger({ service: 'test', level: 'silent' })
const hour = 3_600
const day = 24 * hour

describe('tidying', () => {
  let world: World
  let passed = 0
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    await leaveTraces()
  })
  afterAll(() => world.close())

  /** One row of everything that is deleted by its age. */
  async function leaveTraces(): Promise<void> {
    const { acme: tenantId, clock, demo, origin } = world
    const { user } = await logIn(world)
    await beStolenFrom()
    await requestPasswordReset(world, { tenantId, email: demo.tenants[0].email, locale: 'en', origin })
    await setPolicy(world, { magicLinks: true })
    await requestMagicLink(world, { tenantId, email: demo.tenants[0].email, locale: 'en', origin })
    await deliverMails(world)
    const { insert } = issueChallenge(world, { tenantId, kind: 'step_up' })
    await inOneFlight(world.db, { tenantId }, [insert])
    const request = { key: 'once', route: 'POST /x', requestHash: Buffer.alloc(32) }
    const call = { tenantId, principalId: user.id, request, at: clock(), subjectOf: () => undefined }
    await inTenant(world.db, { tenantId }, (tx) => once(tx, call, async () => null))
  }

  /** A refresh token comes back. */
  async function beStolenFrom(): Promise<void> {
    const { refreshToken } = await logIn(world)
    const { origin } = world
    await refreshSession(world, { refreshToken, origin })
    await world.testClock.advance(11)
    await expect(refreshSession(world, { refreshToken, origin })).rejects.toThrow('refresh_reused')
  }

  async function left(): Promise<string[]> {
    const tables = [
      'challenge',
      'idempotency_key',
      'login_risk',
      'magic_link',
      'mail',
      'one_time_code',
      'session_reuse',
    ] as const
    const counted = tables.map(async (table) => {
      const rows = await world.admin.selectFrom(`iam.${table}`).select('tenant_id').execute()
      return rows.length === 0 ? [] : [table]
    })
    return (await Promise.all(counted)).flat()
  }

  test.each<[string, number, string[]]>([
    [
      'at once',
      0,
      ['challenge', 'idempotency_key', 'login_risk', 'magic_link', 'mail', 'one_time_code', 'session_reuse'],
    ],
    [
      'after two hours',
      2 * hour,
      ['idempotency_key', 'login_risk', 'mail', 'one_time_code', 'session_reuse'],
    ],
    ['after two days', 2 * day, ['login_risk', 'mail', 'session_reuse']],
    ['after eight days', 8 * day, ['login_risk', 'session_reuse']],
    ['after 91 days', 91 * day, []],
  ])('leaves what is young enough %s', async (_when, seconds, expected) => {
    await world.testClock.advance(seconds - passed)
    passed = seconds
    const deps = { ...world, db: world.workerDb, config: { outboxKeepSeconds: day } as Config, log }
    const turn = { signal: new AbortController().signal, rehearsal: false }
    const before = await left()
    const told: object[] = []
    for (const job of tidyJobs) told.push(await job.run(deps, { ...turn, rehearsal: true }))
    expect(await left()).toEqual(before)
    const done: object[] = []
    for (const job of tidyJobs) done.push(await job.run(deps, turn))
    expect(done).toEqual(told)
    expect(await left()).toEqual(expected)
  })
})
