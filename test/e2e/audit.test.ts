import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { VerifiedAudit } from '@iam/domain/audit-seal'
import { startStack, type Stack } from '@iam/local-stack/stack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logIn } from '../support/client.ts'

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

interface Ran {
  readonly code?: number
  readonly stdout: string
  readonly stderr: string
}

/** What an operator exports of the audit trail, and what somebody else makes of it who has nothing but that. */
describe('iam audit', () => {
  let stack: Stack
  let directory: string
  let anchors: string
  beforeAll(async () => {
    stack = await startStack()
    directory = await mkdtemp(join(tmpdir(), 'audit-'))
    await logIn(stack.state)
    const { stdout } = await iam(stack.operatorVariables, 'bootstrap', '--json')
    anchors = (JSON.parse(stdout) as { anchors: { audit: string } }).anchors.audit
  })
  afterAll(async () => {
    await stack.stop()
    await rm(directory, { recursive: true })
  })

  const iam = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> =>
    promisify(execFile)(process.execPath, [program, ...args], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    }).catch((error: unknown) => error as Ran)

  /** Neither database nor KMS: issuer and pin alone. */
  const outsider = () => ({ IAM_ISSUER: stack.state.issuer, IAM_AUDIT_ANCHORS: anchors })
  const verify = async (out: string) => iam(outsider(), 'audit', 'verify', out, '--json')

  /** An export once the login of the beginning is covered by a head. */
  async function exportCovered(): Promise<string> {
    let out = ''
    const look = async () => {
      out = join(directory, String(Date.now()))
      const span = [
        '--from',
        new Date(Date.now() - 86_400_000).toISOString(),
        '--to',
        new Date().toISOString(),
      ]
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
      return events > 2 && uncovered === 0
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
})
