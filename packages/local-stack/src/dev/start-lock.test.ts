import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withStartLock } from './start-lock.ts'

describe('withStartLock', () => {
  let directory: string
  let file: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'))
    file = join(directory, 'starting.lock')
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('lets one at a time work, and tells the other whom it waits for', async () => {
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push(`${name} ends`)
    }
    const waitedFor: number[] = []
    const first = withStartLock(file, () => {}, work('first'))
    const second = withStartLock(file, (pid) => waitedFor.push(pid), work('second'))
    await Promise.all([first, second])

    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
    expect(waitedFor).toEqual([process.pid])
  })

  it('takes over from a holder that died', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    writeFileSync(file, JSON.stringify({ pid, startedAt: 'long ago' }))

    expect(
      await withStartLock(
        file,
        () => {},
        () => Promise.resolve('done'),
      ),
    ).toBe('done')
  })

  it('gives the lock back when the work fails', async () => {
    const failing = withStartLock(
      file,
      () => {},
      () => Promise.reject(new Error('no port')),
    )

    await expect(failing).rejects.toThrow('no port')
    expect(existsSync(file)).toBe(false)
  })
})
