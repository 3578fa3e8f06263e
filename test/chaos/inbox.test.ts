import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { newId } from '@iam/domain/kit'
import { type Environment, type Stack, startStack } from '@iam/local-stack/stack'
import { openPublisher, type Publisher } from '@iam/platform/pubsub'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startInstance } from '../support/start-instance.ts'

const rounds = 8
const tenantsInRound = 15
const namespace = 'melmastoon'

/** Two workers that share what comes in, one of them killed again and again while it is at it. */
describe('what other services tell, with workers killed by -9', { timeout: 480_000 }, () => {
  let stack: Stack
  let environment: Environment
  let admin: pg.Client
  let publisher: Publisher
  const workers: ChildProcess[] = []
  beforeAll(async () => {
    stack = await startStack({
      durable: true,
      adjust: (program, given) => {
        if (program !== 'iam-worker') return given
        environment = { ...given, IAM_WORKER_ROLES: 'inbox', PORT: '0' }
        return { ...given, IAM_WORKER_ROLES: 'relay,keys,mail,jobs,upkeep' }
      },
    })
    admin = new pg.Client({ connectionString: stack.state.database.superuserUrl })
    await admin.connect()
    const { endpoint, project: projectId } = stack.state.pubsub
    publisher = await openPublisher({ endpoint, projectId })
  })
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL')
    await publisher.close()
    await admin.end()
    await stack.stop()
  })

  function startWorker(): ChildProcess {
    const worker = startInstance('iam-worker', environment)
    workers.push(worker)
    return worker
  }

  const taken = async () => {
    const { rows } = await admin.query<{ n: number }>('select count(*)::int as n from iam.inbox_event')
    return rows[0]?.n ?? 0
  }

  interface Told {
    readonly tenantId: string
    readonly slug: string
  }

  /** Tells of a tenant's beginning, its second name and its suspension: in one stream, so in this order. */
  async function tell({ tenantId, slug }: Told): Promise<void> {
    const told = [
      { verb: 'created', payload: { slug, name: 'First', region: environment['IAM_REGION'] } },
      { verb: 'updated', payload: { name: 'Second' } },
      { verb: 'suspended', payload: {} },
    ]
    const messages = told.map(({ verb, payload }, n) => {
      const subject = `${namespace}.tenant.tenant.${verb}.v1`
      const occurredAt = new Date().toISOString()
      const eventId = newId('evt', new Date())
      const body = { eventId, subject, tenantId, occurredAt, sequence: n + 1, payload }
      return {
        orderingKey: `${tenantId}:${tenantId}`,
        attributes: { subject },
        data: Buffer.from(JSON.stringify(body)),
      }
    })
    await publisher.publish(`${namespace}.tenant.tenant.v1`, messages)
  }

  test('C251: nothing is lost, and everything has its effect once', async () => {
    startWorker()
    let mortal = startWorker()
    const all: Told[] = []
    for (let round = 0; round < rounds; round += 1) {
      const batch = Array.from({ length: tenantsInRound }, (_, n) => {
        return { tenantId: newId('ten', new Date()), slug: `round-${round}-${n}` }
      })
      all.push(...batch)
      const before = await taken()
      await Promise.all(batch.map(tell))
      await expect.poll(taken, { timeout: 60_000, interval: 5 }).toBeGreaterThan(before)
      mortal.kill('SIGKILL')
      await once(mortal, 'exit')
      mortal = startWorker()
    }
    await expect.poll(taken, { timeout: 240_000, interval: 200 }).toBe(all.length * 3)
    const { rows } = await admin.query(
      `select d.slug, d.status, t.name,
              (select array_agg(action order by xid) from iam.audit_event a where a.target_id = d.tenant_id) as audit
         from iam.directory d join iam.tenant t using (tenant_id) where slug like 'round-%' order by slug`,
    )
    const audit = ['tenant.created', 'tenant.renamed', 'tenant.suspended']
    expect(rows).toEqual(
      all
        .map(({ slug }) => ({ slug, status: 'suspended', name: 'Second', audit }))
        .toSorted((a, b) => (a.slug < b.slug ? -1 : 1)),
    )
  })
})
