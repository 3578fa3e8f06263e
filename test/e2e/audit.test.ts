import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VerifiedAudit } from '@iam/domain/audit-seal'
import { startStack, type Stack } from '@iam/local-stack/stack'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logIn } from '../support/client.ts'
import { auditAnchorOf, iamCommand as iam } from '../support/iam-command.ts'
import { insertAudit } from '../support/old-audit.ts'

/** What an operator exports of the audit trail, and what somebody else makes of it who has nothing but that. */
describe('iam audit', () => {
  let stack: Stack
  let directory: string
  let anchors: string
  beforeAll(async () => {
    stack = await startStack()
    directory = await mkdtemp(join(tmpdir(), 'audit-'))
    await logIn(stack.state)
    anchors = await auditAnchorOf(stack.operatorVariables)
  })
  afterAll(async () => {
    await stack.stop()
    await rm(directory, { recursive: true })
  })

  /** Neither database nor KMS: issuer and pin alone. */
  const outsider = () => ({ IAM_ISSUER: stack.state.issuer, IAM_AUDIT_ANCHORS: anchors })
  const verify = async (out: string) => iam(outsider(), 'audit', 'verify', out, '--json')

  /** Events of a month that is long over, which had its partition then. */
  async function insertOldMonth(): Promise<void> {
    const admin = new pg.Client({ connectionString: stack.state.database.superuserUrl })
    await admin.connect()
    const { id: tenantId } = stack.state.tenant
    await admin.query("select iam.ensure_audit_partitions('2026-01-01', 1)")
    const at = new Date('2026-01-15T12:00:00Z')
    await insertAudit(admin, { tenantId, at, count: 1_234, action: 'test.old' })
    await admin.end()
  }

  /** An export once so many events, of which those of the login of the beginning are three, are covered by a head. */
  async function exportCovered(from = new Date(Date.now() - 86_400_000), least = 3): Promise<string> {
    let out = ''
    const look = async () => {
      out = join(directory, String(Date.now()))
      const span = ['--from', from.toISOString(), '--to', new Date().toISOString()]
      const ran = await iam(
        stack.operatorVariables,
        'audit',
        'export',
        '--tenant',
        'demo',
        ...span,
        '--out',
        out,
        '--json',
      )
      expect({ ...ran, code: ran.code ?? 0 }).toMatchObject({ code: 0 })
      const { events, uncovered } = JSON.parse((await verify(out)).stdout) as VerifiedAudit
      return events >= least && uncovered === 0
    }
    await expect.poll(look, { timeout: 180_000, interval: 2_000 }).toBe(true)
    return out
  }

  test('C258: an export holds for whoever has it and the pin, and with its macs for the operator', async () => {
    const out = await exportCovered()
    expect(JSON.parse((await verify(out)).stdout)).toMatchObject({ holds: true, findings: [] })
    const env = { ...stack.operatorVariables, ...outsider() }
    const withMac = await iam(env, 'audit', 'verify', out, '--with-mac')
    expect(withMac.stdout).toContain('they hold')
  })

  test('C258: an export whose event was altered ends the command with 1, and it names the event', async () => {
    const out = await exportCovered()
    const file = join(out, 'events.ndjson')
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    const second = JSON.parse(lines[1] ?? '') as { id: string; action: string }
    lines[1] = JSON.stringify({ ...second, action: 'user.something_else' })
    await writeFile(file, `${lines.join('\n')}\n`)
    const ran = await iam(outsider(), 'audit', 'verify', out)
    expect(ran).toMatchObject({ code: 1 })
    expect(ran.stdout).toContain(`FAULT event_altered event 2 (${second.id})`)
  })

  test('C258: a month that went to the cold store is exported from there, and the whole still holds', async () => {
    await insertOldMonth()
    const since = new Date('2026-01-01T00:00:00Z')
    const covered = await exportCovered(since, 3 + 1_234)
    const before = await readFile(join(covered, 'events.ndjson'), 'utf8')
    const run = (...flags: string[]) =>
      iam(stack.operatorVariables, 'jobs', 'run', 'audit-cold-export', ...flags, '--json')
    expect(JSON.parse((await run('--dry-run')).stdout)).toMatchObject({
      result: { due: 1, archived: 0, rows: 1_234 },
    })
    expect(JSON.parse((await run()).stdout)).toMatchObject({
      outcome: 'succeeded',
      result: { archived: 1, rows: 1_234 },
    })
    const out = await exportCovered(since, 3 + 1_234)
    const after = await readFile(join(out, 'events.ndjson'), 'utf8')
    expect(after.startsWith(before)).toBe(true)
    expect(JSON.parse((await verify(out)).stdout)).toMatchObject({ holds: true, findings: [] })
    const { IAM_AUDIT_COLD_STORE: _gone, ...blind } = stack.operatorVariables
    const span = ['--from', since.toISOString(), '--to', new Date().toISOString()]
    const refused = await iam(
      blind,
      'audit',
      'export',
      '--tenant',
      'demo',
      ...span,
      '--out',
      join(directory, 'blind'),
    )
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('2026-01 is in the cold store')
  })
})
