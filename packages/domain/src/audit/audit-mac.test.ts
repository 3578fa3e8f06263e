import { inTenant, run } from '@iam/domain/db'
import { countFailure, mostFailures } from '@iam/domain/login-attempt'
import { refreshSession } from '@iam/domain/session'
import { openPostgres } from '@iam/platform/postgres'
import { logIn, openWorld, setPolicy, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Database } from '../db/index.ts'
import { appendAudit, rowMac, type AuditRow } from './index.ts'

describe('the mac of an audit event', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  async function rows(): Promise<(AuditRow & { mac: Buffer | null })[]> {
    const found = await world.admin
      .selectFrom('iam.audit_event')
      .select(['tenant_id as tenantId', 'id', 'occurred_at as occurredAt', 'actor_type as actorType'])
      .select(['actor_id as actorId', 'action', 'target_type as targetType', 'target_id as targetId'])
      .select(['outcome', 'reason', 'request_id as requestId', 'subject_hmac as subjectHmac', 'personal'])
      .select(['mac_key as macKey', 'mac'])
      .execute()
    return found
  }

  const holds = ({ mac, ...row }: AuditRow & { mac: Buffer | null }) => {
    const key = world.secrets.of('audit').byVersion(row.macKey ?? 0)
    return key !== undefined && mac?.equals(rowMac(key, row)) === true
  }

  const event = (action: string) =>
    appendAudit({
      tenantId: world.acme,
      at: world.clock(),
      actor: { type: 'system' },
      action,
      target: { type: 'test' },
      outcome: 'success',
    })

  /** Every way in which a row is written: by itself, and by the statements that alone know it. */
  async function leaveTraces(): Promise<void> {
    const { acme: tenantId, origin } = world
    await setPolicy(world, { maxSessions: 1 })
    const old = await logIn(world)
    await refreshSession(world, { refreshToken: old.refreshToken, origin })
    await refreshSession(world, { refreshToken: old.refreshToken, origin })
    const next = await logIn(world)
    const second = await refreshSession(world, { refreshToken: next.refreshToken, origin })
    await refreshSession(world, { refreshToken: second.refreshToken, origin })
    await world.testClock.advance(11)
    const late = refreshSession(world, { refreshToken: next.refreshToken, origin })
    await expect(late).rejects.toThrow('refresh_reused')
    for (let n = 0; n < mostFailures; n += 1) {
      const failed = countFailure({ tenantId, userId: next.user.id, at: world.clock(), origin })
      await inTenant(world.db, { tenantId, streams: [`${tenantId}:${next.user.id}`] }, (tx) =>
        run(tx, failed),
      )
    }
  }

  test('C258: is on every row, also on those that their statement alone knows, and holds', async () => {
    await leaveTraces()
    const found = await rows()
    const keyed = found.filter(({ mac }) => mac !== null)
    const actions = keyed.map(({ action, reason }) => `${action} ${reason ?? ''}`.trim())
    expect(actions).toEqual(
      expect.arrayContaining([
        'user.login_succeeded',
        'session.refreshed',
        'session.refresh_replayed',
        'session.revoked refresh_reused',
        'session.revoked session_limit',
        'user.locked too_many_failures',
      ]),
    )
    expect(keyed.filter((row) => !holds(row))).toEqual([])
    const bare = new Set(found.filter(({ mac }) => mac === null).map(({ action }) => action.split('.')[0]))
    expect(bare).toEqual(new Set(['secret_key', 'signing_key']))
  })

  test('C258: does not hold once the row is altered in any way', async () => {
    const [row] = (await rows()).filter(({ mac }) => mac !== null)
    if (row === undefined) throw new Error('There is no audit event.')
    const other: Partial<AuditRow>[] = [
      { tenantId: world.globex },
      { id: `${row.id.slice(0, -1)}${row.id.endsWith('Z') ? 'Y' : 'Z'}` },
      { occurredAt: new Date(row.occurredAt.getTime() + 1) },
      { actorType: 'operator' },
      { actorId: 'usr_other' },
      { action: 'user.other' },
      { targetType: 'other' },
      { targetId: 'other' },
      { outcome: row.outcome === 'success' ? 'refused' : 'success' },
      { reason: 'other' },
      { requestId: 'req_other' },
      { subjectHmac: Buffer.from('other') },
      { personal: Buffer.from('other') },
    ]
    for (const change of other)
      expect({ change, holds: holds({ ...row, ...change }) }).toMatchObject({ holds: false })
  })

  test('C258: must be there: the database takes no row of another role without one', async () => {
    const bare = (action: string) =>
      inTenant(world.db, { tenantId: world.acme }, (tx) => {
        const { sql, parameters } = event(action)
        return run(tx, { sql, parameters: [...parameters.slice(0, 13), null, null] })
      })
    await expect(bare('user.invented')).rejects.toMatchObject({ code: '23514' })
    await bare('signing_key.activated')
  })

  test('C259: is made by nobody without the key: nothing is written then', async () => {
    const keyless = openPostgres<Database>({ url: world.database.urlFor('iam_api'), poolSize: 1 })
    const write = inTenant(keyless, { tenantId: world.acme }, (tx) => run(tx, event('user.keyless')))
    await expect(write).rejects.toThrow('without the audit key')
    await keyless.close()
    expect((await rows()).map(({ action }) => action)).not.toContain('user.keyless')
  })
})
