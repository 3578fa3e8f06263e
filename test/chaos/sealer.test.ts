import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VerifiedAudit } from '@iam/domain/audit-seal'
import { type Environment, type Stack, startStack } from '@iam/local-stack/stack'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditAnchorOf, iamCommand } from '../support/iam-command.ts'
import { insertAudit } from '../support/old-audit.ts'
import { startInstance } from '../support/start-instance.ts'

const rounds = 20
/** Some of what a sealer seals at a time, so that it is at work when it is killed. */
const eventsARound = 3_000
const waiting = { timeout: 120_000, interval: 5 }

describe('the sealer of the audit trail, killed by -9 at its work time and again', {
  timeout: 480_000,
}, () => {
  let stack: Stack
  let environment: Environment
  let admin: pg.Client
  let directory: string
  let sealer: ChildProcess | undefined
  beforeAll(async () => {
    stack = await startStack({
      adjust: (program, given) => {
        if (program !== 'iam-worker') return given
        environment = { ...given, IAM_WORKER_ROLES: 'audit', PORT: '0' }
        return { ...given, IAM_WORKER_ROLES: 'relay,keys,mail' }
      },
    })
    admin = new pg.Client({ connectionString: stack.state.database.superuserUrl })
    await admin.connect()
    directory = await mkdtemp(join(tmpdir(), 'audit-'))
  })
  afterAll(async () => {
    sealer?.kill('SIGKILL')
    await admin.end()
    await stack.stop()
    await rm(directory, { recursive: true })
  })

  const numberOf = async (query: string) => {
    const { rows } = await admin.query<{ n: string }>(query)
    return Number(rows[0]?.n)
  }
  const sealed = () => numberOf('select count(*) as n from iam.audit_seal')
  const events = () => numberOf('select count(*) as n from iam.audit_event')

  async function add(): Promise<void> {
    const { id: tenantId } = stack.state.tenant
    await insertAudit(admin, { tenantId, at: new Date(), count: eventsARound, action: 'test.sealed' })
  }

  /** As if the lease of whoever was killed had run out. */
  const endLease = () =>
    admin.query(`update iam.leader_lease set expires_at = iam.now() where name = 'audit'`)

  test('C258: the chain has every event once, in one unbroken line, and every head is proved', async () => {
    for (let round = 0; round < rounds; round += 1) {
      await add()
      const before = await sealed()
      sealer = startInstance('iam-worker', environment)
      await expect.poll(sealed, waiting).toBeGreaterThan(before)
      sealer.kill('SIGKILL')
      await once(sealer, 'exit')
      await endLease()
    }
    sealer = startInstance('iam-worker', environment)
    await expect.poll(async () => (await events()) - (await sealed()), waiting).toBe(0)
    const uncovered = `
      select count(*) as n from iam.audit_seal
       where head > (select coalesce(max(number), 0) from iam.audit_head where stored)`
    await expect.poll(() => numberOf(uncovered), { timeout: 180_000, interval: 500 }).toBe(0)
    expect(await sealed()).toBeGreaterThan(rounds * eventsARound)
    const verified = await exportAndVerify()
    expect(verified).toMatchObject({ holds: true, findings: [], uncovered: 0 })
    expect(verified.events).toBeGreaterThanOrEqual(rounds * eventsARound)
  })

  async function exportAndVerify(): Promise<VerifiedAudit> {
    const out = join(directory, 'out')
    const span = ['--from', '2026-01-01T00:00:00Z', '--to', new Date().toISOString()]
    await iamCommand(stack.operatorVariables, 'audit', 'export', '--tenant', 'demo', ...span, '--out', out)
    const pins = {
      IAM_ISSUER: stack.state.issuer,
      IAM_AUDIT_ANCHORS: await auditAnchorOf(stack.operatorVariables),
    }
    return JSON.parse((await iamCommand(pins, 'audit', 'verify', out, '--json')).stdout) as VerifiedAudit
  }
})
